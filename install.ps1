#Requires -Version 5.1
<#
.SYNOPSIS
Installs clauth from this clone: builds the one executable that is both claude and clauth, puts it into PREFIX\bin and
that directory first on your PATH. Needs no administrator. Windows PowerShell 5.1 and PowerShell 7.

.DESCRIPTION
powershell -ExecutionPolicy Bypass -File install.ps1

What can go wrong is in the executable, where it is tested: this script finds Bun, builds, and calls it.

.PARAMETER Prefix
The executables go to PREFIX\bin. By default $env:CLAUTH_HOME, else .clauth in your home directory.

.PARAMETER NoModifyPath
Leaves your PATH alone.

.PARAMETER Claude
auto (the default) installs Claude Code from the npm registry where there is none and you agree; skip does not.

.PARAMETER Yes
Agrees to everything beforehand.

.PARAMETER Quiet
Says only what needs your attention.

.PARAMETER Uninstall
Takes everything away again except the profiles.

.PARAMETER Purge
With -Uninstall: the profiles too.
#>
[CmdletBinding()]
param(
    [string] $Prefix = '',
    [switch] $NoModifyPath,
    [ValidateSet('auto', 'skip')]
    [string] $Claude = 'auto',
    [switch] $Yes,
    [switch] $Quiet,
    [switch] $Uninstall,
    [switch] $Purge
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# PowerShell 7.4 can take a status other than 0 for an exception; here $LASTEXITCODE is looked at.
$PSNativeCommandUseErrorActionPreference = $false

function Write-Step([string] $Text) {
    if (-not $Quiet) { [Console]::Out.WriteLine("clauth: $Text") }
}

function Write-Attention([string] $Text) {
    [Console]::Error.WriteLine("clauth: $Text")
}

function Stop-Script([string] $Message, [string] $Hint, [int] $Status) {
    Write-Attention "error: $Message"
    if ($Hint) { [Console]::Error.WriteLine("hint: $Hint") }
    exit $Status
}

# Never waits for an answer that nobody can give.
function Test-Agreement([string] $Question) {
    if ($Yes) { return $true }
    if (-not [Environment]::UserInteractive -or [Console]::IsInputRedirected) { return $false }
    try { $answer = Read-Host "clauth: $Question [y/N]" } catch { return $false }
    return $answer -match '^(y|yes)$'
}

# Runs native programs with all that they say in the log, and gives the status of the last one. Windows PowerShell takes
# each line on a redirected standard error for an error.
function Invoke-Logged([scriptblock] $Body) {
    $ErrorActionPreference = 'Continue'
    $global:LASTEXITCODE = 0
    & $Body *>> $log
    return $LASTEXITCODE
}

function Test-Program([string] $Name) {
    return $null -ne (Get-Command -Name $Name -CommandType Application -ErrorAction SilentlyContinue)
}

function Test-Bun([string] $Path, [version] $Wanted) {
    if (-not (Test-Path -LiteralPath $Path -PathType Leaf)) { return $false }
    try { $said = & $Path --version } catch { return $false }
    if ($LASTEXITCODE -ne 0) { return $false }
    return ("$said" -match '^\d+\.\d+\.\d+') -and ([version] $Matches[0] -ge $Wanted)
}

# The builds of Bun for this machine, best first. The baseline build is for processors without AVX2.
function Get-BunBuild {
    if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64' -or $env:PROCESSOR_ARCHITEW6432 -eq 'ARM64') { return @('windows-aarch64') }
    return @('windows-x64', 'windows-x64-baseline')
}

# A Bun that runs and is new enough: the one on PATH, else one fetched into the work directory and nowhere else. The
# platform's own package, not the package "bun": that one's executable is put in place by a script.
function Find-Bun([version] $Wanted) {
    if (Test-Program 'bun.exe') {
        $onPath = @(Get-Command -Name 'bun.exe' -CommandType Application)[0].Path
        if (Test-Bun $onPath $Wanted) { return $onPath }
    }
    if (Test-Program 'npm.cmd') {
        foreach ($build in Get-BunBuild) {
            $null = Invoke-Logged {
                & npm.cmd install --prefix "$work\npm" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund "@oven/bun-${build}@$Wanted"
            }
            $fetched = "$work\npm\node_modules\@oven\bun-$build\bin\bun.exe"
            if (Test-Bun $fetched $Wanted) { return $fetched }
        }
    }
    Install-Bun $Wanted
    if (Test-Bun "$work\bun\bin\bun.exe" $Wanted) { return "$work\bun\bin\bun.exe" }
    Get-Content -LiteralPath $log | ForEach-Object { [Console]::Error.WriteLine($_) }
    Stop-Script "there is no Bun $Wanted or newer, and it could not be fetched" 'install Bun, or Node with npm, and try again' 1
}

# By Bun's own installer, in a process of its own: it may end with "exit".
function Install-Bun([version] $Wanted) {
    $env:BUN_INSTALL = "$work\bun"
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    $shell = (Get-Process -Id $PID).Path
    $null = Invoke-Logged {
        Invoke-WebRequest -UseBasicParsing -Uri 'https://bun.sh/install.ps1' -OutFile "$work\install-bun.ps1"
        & $shell -NoProfile -ExecutionPolicy Bypass -File "$work\install-bun.ps1" -Version $Wanted -NoPathUpdate -NoRegisterInstallation -NoCompletions
    }
}

# From a copy, so that the clone stays as it is and nothing in it but the project's own files is read.
function Build-Executable {
    $package = Get-Content -Raw -LiteralPath "$PSScriptRoot\package.json" | ConvertFrom-Json
    $bun = Find-Bun ([version] ($package.engines.bun -replace '[^\d.]', ''))
    Write-Step "building with $bun"
    $source = (New-Item -ItemType Directory -Path "$work\source").FullName
    foreach ($name in 'package.json', 'bun.lock', 'tsconfig.json', 'install.sh', 'scripts', 'src') {
        Copy-Item -LiteralPath "$PSScriptRoot\$name" -Destination $source -Recurse
    }
    Push-Location -LiteralPath $source
    try {
        $status = Invoke-Logged {
            & $bun install --production --frozen-lockfile --ignore-scripts
            if ($LASTEXITCODE -eq 0) { & $bun scripts/build.ts --outfile "$work\clauth.exe" }
        }
    } finally {
        Pop-Location
    }
    if ($status -ne 0) {
        Get-Content -LiteralPath $log | ForEach-Object { [Console]::Error.WriteLine($_) }
        Stop-Script 'the build failed' '' 1
    }
}

function Invoke-Clauth([string[]] $Words) {
    if ($Quiet) { & "$work\clauth.exe" $Words | Out-Null } else { & "$work\clauth.exe" $Words }
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}

function Install-Clauth {
    Build-Executable
    $words = @('__install', '--bin', $bin)
    if ($NoModifyPath) { $words += '--leave-path' }
    Invoke-Clauth $words
    if (-not $NoModifyPath -and -not "$env:Path;".StartsWith("$bin;")) { $env:Path = "$bin;$env:Path" }
    foreach ($other in Get-Command -Name 'claude' -CommandType 'Alias', 'Function' -ErrorAction SilentlyContinue) {
        Write-Attention "in PowerShell, claude is an alias or a function: typing it may pass the shim by ($($other.Name))"
    }
}

# `claude --version` through the shim. By the name "system", so that the profile of this directory, if any, is not opened.
function Test-Shim {
    Push-Location -LiteralPath $work
    try { return Invoke-Logged { & "$bin\claude.exe" --version } } finally { Pop-Location }
}

function Complete-Installation {
    $env:CLAUTH_PROFILE = 'system'
    $env:CLAUTH_BYPASS = $null
    $status = Test-Shim
    if ($status -eq 127 -and $Claude -eq 'auto' -and (Test-Program 'npm.cmd')) {
        if (Test-Agreement 'there is no Claude Code yet; install it from the npm registry?') {
            $null = Invoke-Logged { & npm.cmd install --global --no-audit --no-fund '@anthropic-ai/claude-code@latest' }
            $status = Test-Shim
        }
    }
    if ($status -eq 0) {
        Write-Step 'claude --version works through the shim; open a new console'
    } elseif ($status -eq 127) {
        Write-Attention 'there is no Claude Code yet; to get it: npm install -g @anthropic-ai/claude-code@latest, or Anthropic''s own installer'
    } else {
        Get-Content -LiteralPath $log -Tail 5 | ForEach-Object { [Console]::Error.WriteLine($_) }
        Stop-Script "the shim is installed, but claude --version through it failed with status $status" '' 1
    }
}

function Uninstall-Clauth {
    if (-not (Test-Path -LiteralPath "$bin\clauth.exe" -PathType Leaf)) {
        Write-Step "there is no clauth in $bin"
        return
    }
    $words = @('__uninstall', '--bin', $bin)
    if ($Purge) {
        if (-not (Test-Agreement 'remove the logins of all profiles for good?')) {
            Stop-Script '-Purge removes the logins of all profiles and nobody agreed' 'add -Yes' 1
        }
        $words += '--purge'
    }
    # Windows removes no program that runs.
    Copy-Item -LiteralPath "$bin\clauth.exe" -Destination "$work\clauth.exe"
    Invoke-Clauth $words
}

if ($env:OS -ne 'Windows_NT') { Stop-Script 'install.ps1 is for Windows' 'sh install.sh' 1 }
if (-not $PSScriptRoot -or -not (Test-Path -LiteralPath "$PSScriptRoot\scripts\build.ts")) {
    Stop-Script 'install.ps1 runs from a clone of the project' '' 1
}
if ($Purge -and -not $Uninstall) { Stop-Script '-Purge goes with -Uninstall' '' 2 }

$root = Join-Path $env:USERPROFILE '.clauth'
if ($env:CLAUTH_HOME) { $root = $env:CLAUTH_HOME }
if ($Prefix) { $root = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Prefix) }
$bin = Join-Path ($root.TrimEnd('\', '/')) 'bin'
$work = Join-Path ([IO.Path]::GetTempPath()) ('clauth-install-' + [guid]::NewGuid().ToString('N'))
$log = "$work\install.log"

# What is set here is the caller's environment too where the script was called from a prompt.
$changed = 'BUN_INSTALL', 'BUN_INSTALL_CACHE_DIR', 'BUN_OPTIONS', 'BUN_BE_BUN', 'CLAUTH_PROFILE', 'CLAUTH_BYPASS'
$saved = @{}
foreach ($name in $changed) { $saved[$name] = [Environment]::GetEnvironmentVariable($name) }
try {
    $null = New-Item -ItemType Directory -Path $work
    $env:BUN_OPTIONS = $null
    $env:BUN_BE_BUN = $null
    # Bun keeps a cache in the home directory. Where there is none yet, none is left behind.
    if (-not $env:BUN_INSTALL_CACHE_DIR -and -not (Test-Path -LiteralPath "$env:USERPROFILE\.bun\install\cache")) {
        $env:BUN_INSTALL_CACHE_DIR = "$work\cache"
    }
    if ($Uninstall) {
        Uninstall-Clauth
    } else {
        Install-Clauth
        Complete-Installation
    }
} finally {
    foreach ($name in $changed) { Set-Item -LiteralPath "env:$name" -Value $saved[$name] }
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
}
