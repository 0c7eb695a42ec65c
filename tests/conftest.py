"""What holds for every test."""

import signal

from hypothesis import HealthCheck, settings

# A shell starts background jobs with SIGINT ignored, and every program that a test starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
if (
    signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
):  # `nohup`, likewise: we outlive the terminal, they heed the signal
    signal.signal(signal.SIGHUP, lambda *_: None)

# How long examples take says how busy the machine is, and nothing about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
