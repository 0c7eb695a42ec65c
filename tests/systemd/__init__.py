"""The service and its installer in a booted systemd: `python -m tests.systemd`, as root."""
