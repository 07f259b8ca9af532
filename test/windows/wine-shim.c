/*
 * What Wine 10 lacks and Bun needs. Built as bcryptprimitives.dll, which bun.exe imports, and so loaded before its first line:
 * it gives ProcessPrng, and puts its own functions in the place of three that bun.exe imports from kernel32.dll.
 */
#include <windows.h>

/* RtlGenRandom */
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE into, SIZE_T bytes) {
  while (bytes > 0) {
    ULONG part = bytes > 0x10000000 ? 0x10000000 : (ULONG)bytes;
    SystemFunction036(into, part);
    into += part;
    bytes -= part;
  }
  return TRUE;
}

typedef DWORD(WINAPI *FinalPath)(HANDLE, LPWSTR, DWORD, DWORD);
static FinalPath real_final_path;

/* Bun opens names with a dot in them through \Device\HarddiskVolume1\x, which Wine can't open: it gets \??\Z:\x instead. */
static DWORD WINAPI final_path(HANDLE file, LPWSTR path, DWORD size, DWORD flags) {
  DWORD length = real_final_path(file, path, size, flags & ~VOLUME_NAME_NT);
  if ((flags & VOLUME_NAME_NT) && length > 0 && length < size && path[0] == '\\' && path[1] == '\\') path[1] = '?';
  return length;
}

/* Wine says TRUE and makes nothing. This is what a user without the privilege hears of Windows. */
static BOOLEAN WINAPI create_symbolic_link(LPCWSTR link, LPCWSTR target, DWORD flags) {
  SetLastError(ERROR_PRIVILEGE_NOT_HELD);
  return FALSE;
}

static DWORD WINAPI discard_virtual_memory(PVOID address, SIZE_T size) { return ERROR_SUCCESS; }

static BOOL same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static void replace(const char *name, void *function) {
  BYTE *base = (BYTE *)GetModuleHandleW(NULL);
  IMAGE_NT_HEADERS *headers = (void *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
  DWORD imports = headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
  for (IMAGE_IMPORT_DESCRIPTOR *library = (void *)(base + imports); library->Name; library++) {
    if (!library->OriginalFirstThunk) continue;
    IMAGE_THUNK_DATA *named = (void *)(base + library->OriginalFirstThunk);
    IMAGE_THUNK_DATA *called = (void *)(base + library->FirstThunk);
    for (; named->u1.AddressOfData; named++, called++) {
      if (named->u1.Ordinal & IMAGE_ORDINAL_FLAG64) continue;
      if (!same((char *)((IMAGE_IMPORT_BY_NAME *)(base + named->u1.AddressOfData))->Name, name)) continue;
      DWORD protection;
      VirtualProtect(&called->u1.Function, sizeof called->u1.Function, PAGE_READWRITE, &protection);
      called->u1.Function = (ULONG_PTR)function;
      VirtualProtect(&called->u1.Function, sizeof called->u1.Function, protection, &protection);
    }
  }
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved) {
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  real_final_path = (FinalPath)GetProcAddress(GetModuleHandleA("kernel32.dll"), "GetFinalPathNameByHandleW");
  replace("GetFinalPathNameByHandleW", final_path);
  replace("CreateSymbolicLinkW", create_symbolic_link);
  replace("DiscardVirtualMemory", discard_virtual_memory);
  return TRUE;
}
