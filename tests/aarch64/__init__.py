"""The agent on aarch64 without such a machine, under qemu: `python -m tests.aarch64`, as root."""
