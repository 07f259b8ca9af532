import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { powershellFaults } from "../support/powershell.ts";

const root = join(import.meta.dir, "..", "..");
const script = readFileSync(join(root, "install.ps1"), "utf8");

test("install.ps1 has nothing that Windows PowerShell 5.1 would not take, as far as can be told without one", async () => {
  expect(await powershellFaults(script)).toEqual([]);
});

test("the pages have no PowerShell that 5.1 would not take", async () => {
  const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const texts = pages.map((page) => readFileSync(join(root, "docs", page), "utf8"));
  const blocks = texts.flatMap((text) =>
    [...text.matchAll(/^```powershell\n(.*?)^```/gms)].map((match) => match[1] ?? ""),
  );
  expect(blocks.length).toBeGreaterThan(1);
  for (const block of blocks) expect(await powershellFaults(block)).toEqual([]);
});

describe("install.ps1 has", () => {
  test("the switches of install.sh, in PowerShell's spelling", () => {
    const shell = readFileSync(join(root, "install.sh"), "utf8");
    const usage = /cat <<'EOF'\n(.*?)\nEOF/s.exec(shell)?.[1] ?? "";
    const words = [...new Set(usage.match(/--[a-z-]+/g))].map((word) => word.replaceAll("-", "")).sort();
    const parameters = /^param\((.*?)^\)/ms.exec(script)?.[1] ?? "";
    const names = [...parameters.matchAll(/\$(\w+)/g)].map((match) => (match[1] ?? "").toLowerCase()).sort();
    expect(names).toEqual(words);
    for (const name of names) expect(script.toLowerCase()).toContain(`.parameter ${name}\n`);
  });

  test("no more lines than somebody reads, as nothing here can run it", () => {
    expect(script.split("\n").length).toBeLessThanOrEqual(255);
  });

  test("a copy of every file that the build takes", () => {
    const list = /foreach \(\$name in ([^)]*)\)/.exec(script)?.[1] ?? "";
    const copied = [...list.matchAll(/'(.*?)'/g)].map((match) => match[1] ?? "");
    const shell = readFileSync(join(root, "install.sh"), "utf8");
    const taken = /cp -R (.*?) "\$work/.exec(shell)?.[1]?.split(" ") ?? [];
    expect(taken.length).toBeGreaterThan(3);
    expect(copied).toEqual(taken);
  });
});

describe("the check sees", () => {
  test.each([
    ["an open brace", "if ($true) {\n1\n", "syntax"],
    ["an open quote", 'Read-Host "a\n', "syntax"],
    ["a shell's test", "if [ -z $true ]; then\n1\nfi\n", "syntax"],
    ["an operator of PowerShell 7", "$a = $null\n$a ?? 1\n", "syntax"],
    ["a ternary", "$a = $true\n$a ? 1 : 2\n", "syntax"],
    ["a dash that is none", "Read-Host \u2013x\n", "not ASCII"],
    ["a byte order mark", "\uFEFF1\n", "not ASCII"],
    ["a carriage return", "1\r\n", "not ASCII"],
    ["try alone", "try { 1 }\n", "try without catch"],
    ["a chain", "Pop-Location && Pop-Location\n", "is of PowerShell 7"],
    ["another chain", "Pop-Location || Pop-Location\n", "is of PowerShell 7"],
    ["a redirected input", "Pop-Location < file\n", "< is not in PowerShell"],
    ["a colon after a variable", '$a = 1\n"$a: x"\n', "a colon after $a"],
    ["a colon that makes another variable", '$a = 1\n"$a:x"\n', "a colon after $a:x"],
    ["else alone", "else { 1 }\n", "known: else"],
    ["catch alone", "catch { 1 }\n", "known: catch"],
    ["another shell's word", "export A=1\n", "known: export"],
    ["a misspelled cmdlet", "Get-Contents file\n", "known: Get-Contents"],
    ["a call of no function", "function Get-A { 1 }\nGet-B\n", "known: Get-B"],
    ["a parameter of a newer cmdlet", "1 | ForEach-Object -Parallel { 1 }\n", "no known -Parallel"],
    ["a misspelled parameter", "Test-Path -LiteralPaht file\n", "no known -LiteralPaht"],
    ["a misspelled variable", "$name = 1\n$nmae\n", "$nmae is never set"],
    ["a misspelled variable in a text", '$name = 1\n"$nmae"\n', "$nmae is never set"],
    ["an index taken for a target", "$list = @{}\n$list[$key] = 1\n", "$key is never set"],
    ["a variable of PowerShell 7", "if ($IsWindows) { 1 }\n", "$IsWindows is never set"],
    ["a variable of its own set", "$input = 1\n", "$input is PowerShell's own"],
    ["setx", "& setx.exe Path x\n", "never setx"],
    [
      "an environment that .NET expands",
      "[Environment]::SetEnvironmentVariable('Path', 'x', 'User')\n",
      "never",
    ],
    ["code from the network", "Invoke-Expression 'x'\n", "never Invoke-Expression"],
  ])("%s", async (_, sample, fault) => {
    expect((await powershellFaults(sample)).join("\n")).toContain(fault);
  });

  test("nothing in what is right", async () => {
    const sample = [
      "param([string] $Path = '')",
      "function Get-Size([string] $Name) { return $Name.Length }",
      "$list = @{}",
      "foreach ($one in 'a', 'b') { $list[$one] = Get-Size $one }",
      `if ($Path) { "$env:TEMP;$Path" } elseif ($list) { "$\{Path}: $($list.Count)" } else { [IO.Path]::GetTempPath() }`,
      "try { & npm.cmd --prefix x *>> $Path } catch { $_ } finally { Pop-Location }",
      "",
    ].join("\n");
    expect(await powershellFaults(sample)).toEqual([]);
  });
});
