"""`python -m agent.bench.cuda_copy`: prints how many bytes a second the first NVIDIA GPU reads and writes in a copy.

Through the driver's own library, which is there wherever the GPU works. Names and arguments: the CUDA Driver API
reference (cuInit, cuDevicePrimaryCtxRetain, cuMemAlloc, cuMemcpyDtoD, cuEventElapsedTime).
"""

import ctypes
import sys

_SIZE = 256 << 20
_COPIES = 20
_ROUNDS = 5


class Driver:
    """The library, its first GPU current in this thread.

    Raises:
        OSError: There is no such library, or it refuses.
    """

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libcuda.so.1")
        context = ctypes.c_void_p()
        self.call("cuInit", 0)
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), 0)
        self.call("cuCtxSetCurrent", context)

    def call(self, name: str, *arguments: object) -> None:
        """Call a function.

        Raises:
            OSError: It says that it failed.
        """
        code = getattr(self._library, name)(*arguments)
        if code:
            raise OSError(code, f"{name} failed with error {code} of the CUDA driver")

    def allocate(self, size: int) -> ctypes.c_uint64:
        """Memory of the GPU; it goes with the process."""
        address = ctypes.c_uint64()
        self.call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(size))
        return address

    def copy_ms(self, target: ctypes.c_uint64, source: ctypes.c_uint64, size: int, times: int) -> float:
        """Copy some times; how long that took by the GPU's own clock."""
        began, ended, took = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_float()
        for event in (began, ended):
            self.call("cuEventCreate", ctypes.byref(event), 0)
        self.call("cuEventRecord", began, None)
        for _ in range(times):
            self.call("cuMemcpyDtoDAsync_v2", target, source, ctypes.c_size_t(size), None)
        self.call("cuEventRecord", ended, None)
        self.call("cuEventSynchronize", ended)
        self.call("cuEventElapsedTime", ctypes.byref(took), began, ended)
        return took.value


def measure() -> float:
    """Bytes read and written in a second.

    Raises:
        OSError: There is no GPU, or no room in it.
    """
    driver = Driver()
    source, target = driver.allocate(_SIZE), driver.allocate(_SIZE)
    driver.copy_ms(target, source, _SIZE, _COPIES)
    best = min(driver.copy_ms(target, source, _SIZE, _COPIES) for _ in range(_ROUNDS))
    return 2 * _SIZE * _COPIES / (best / 1000)


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{measure()}\n")
    except OSError as error:
        sys.exit(f"the GPU's copy was not measured: {error.strerror or error}")
