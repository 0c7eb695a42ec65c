#!/bin/sh
# Runs a program of an aarch64 file system, in namespaces that end with it: nothing of this machine's changes. To be
# called through `unshare --user --map-root-user --mount --pid --fork`.
# usage: enter.sh ROOT CPUINFO PROGRAM [ARGUMENT...]
set -eu
root=$1 cpuinfo=$2
shift 2
# The kernel is to hand programs of aarch64 to qemu, those too that a program starts itself. Such a table belongs to a
# user namespace since Linux 6.7. O, C: qemu opens the program with the caller's rights; F: qemu itself is opened now,
# since it is not in the other root. The magic is the head of an ELF file, little-endian, 64 bits, for machine 183.
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
head='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
echo ":aarch64:M::$head:$mask:$(command -v qemu-aarch64-static):OCF" >/proc/sys/fs/binfmt_misc/register
mount -t proc proc "$root/proc"
# onnxruntime reads it at its start, and crashes on that of another processor.
mount --bind "$cpuinfo" "$root/proc/cpuinfo"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
export QEMU_CPU=cortex-a72
exec chroot "$root" "$@"
