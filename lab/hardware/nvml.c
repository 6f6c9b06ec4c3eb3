/* SIMULATED libnvidia-ml.so.1: as much of NVML as `nvidia-ctk cdi generate` asks.
 *
 * GPU N is there when /dev/nvidiaN is, at PCI bus N + 1. All functions that are missing here are missing in
 * the library as well: NVIDIA's programs are linked lazily and ask for no more.
 *
 * Own code, by NVML's published API (docs.nvidia.com/deploy/nvml-api): names, return codes and the layout of
 * nvmlPciInfo_t. VERSION, the driver's, is a macro of the build.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))
#define GPUS 16
#define NVIDIA 0x10de
#define H20 0x2329
#define CUDA 13000

enum { SUCCESS, UNINITIALIZED, INVALID_ARGUMENT, NOT_SUPPORTED, NOT_FOUND = 6, INSUFFICIENT_SIZE, NOT_LOADED = 9 };

typedef struct gpu { int minor; } *device;

typedef struct {
  char bus_id_legacy[16];
  unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
  char bus_id[32];
} pci_info;

static struct gpu gpus[GPUS];

static int is_there(int minor) {
  char path[32];
  snprintf(path, sizeof path, "/dev/nvidia%d", minor);
  return access(path, F_OK) == 0;
}

static int answer(char *to, unsigned size, const char *text) {
  if (strlen(text) >= size) return INSUFFICIENT_SIZE;
  strcpy(to, text);
  return SUCCESS;
}

API int nvmlInit_v2(void) { return access("/dev/nvidiactl", F_OK) ? NOT_LOADED : SUCCESS; }
API int nvmlInit(void) { return nvmlInit_v2(); }
API int nvmlInitWithFlags(unsigned flags) { (void)flags; return nvmlInit_v2(); }
API int nvmlShutdown(void) { return SUCCESS; }

API const char *nvmlErrorString(int code) {
  switch (code) {
    case SUCCESS: return "Success";
    case INVALID_ARGUMENT: return "Invalid Argument";
    case NOT_SUPPORTED: return "Not Supported";
    case NOT_FOUND: return "Not Found";
    case INSUFFICIENT_SIZE: return "Insufficient Size";
    case NOT_LOADED: return "Driver Not Loaded";
    default: return "Unknown Error";
  }
}

API int nvmlSystemGetDriverVersion(char *to, unsigned size) { return answer(to, size, VERSION); }
API int nvmlSystemGetCudaDriverVersion(int *to) { *to = CUDA; return SUCCESS; }
API int nvmlSystemGetCudaDriverVersion_v2(int *to) { return nvmlSystemGetCudaDriverVersion(to); }

API int nvmlDeviceGetCount_v2(unsigned *to) {
  *to = 0;
  for (int minor = 0; minor < GPUS; minor++) *to += is_there(minor);
  return SUCCESS;
}

API int nvmlDeviceGetHandleByIndex_v2(unsigned index, device *to) {
  for (int minor = 0; minor < GPUS; minor++) {
    if (!is_there(minor) || index--) continue;
    gpus[minor].minor = minor;
    *to = &gpus[minor];
    return SUCCESS;
  }
  return INVALID_ARGUMENT;
}

API int nvmlDeviceGetUUID(device gpu, char *to, unsigned size) {
  char text[64];
  snprintf(text, sizeof text, "GPU-51300000-0000-4000-8000-%012d", gpu->minor);
  return answer(to, size, text);
}

API int nvmlDeviceGetHandleByUUID(const char *uuid, device *to) {
  char text[64];
  for (unsigned index = 0; nvmlDeviceGetHandleByIndex_v2(index, to) == SUCCESS; index++)
    if (nvmlDeviceGetUUID(*to, text, sizeof text) == SUCCESS && !strcmp(uuid, text)) return SUCCESS;
  return NOT_FOUND;
}

API int nvmlDeviceGetIndex(device gpu, unsigned *to) {
  *to = 0;
  for (int minor = 0; minor < gpu->minor; minor++) *to += is_there(minor);
  return SUCCESS;
}

API int nvmlDeviceGetMinorNumber(device gpu, unsigned *to) { *to = gpu->minor; return SUCCESS; }

API int nvmlDeviceGetName(device gpu, char *to, unsigned size) { (void)gpu; return answer(to, size, "NVIDIA H20"); }

API int nvmlDeviceGetPciInfo_v3(device gpu, pci_info *to) {
  memset(to, 0, sizeof *to);
  to->bus = gpu->minor + 1;
  to->pci_device_id = H20 << 16 | NVIDIA;
  snprintf(to->bus_id_legacy, sizeof to->bus_id_legacy, "0000:%02X:00.0", to->bus);
  snprintf(to->bus_id, sizeof to->bus_id, "00000000:%02X:00.0", to->bus);
  return SUCCESS;
}

API int nvmlDeviceIsMigDeviceHandle(device gpu, unsigned *to) { (void)gpu; *to = 0; return SUCCESS; }
API int nvmlDeviceGetMaxMigDeviceCount(device gpu, unsigned *to) { (void)gpu; *to = 0; return SUCCESS; }

API int nvmlDeviceGetMigMode(device gpu, unsigned *now, unsigned *pending) {
  (void)gpu;
  *now = *pending = 0;
  return SUCCESS;
}
