"""What the service does when something ends or hangs: each check says what was seen, or raises AssertionError."""

import time

from tests.systemd.installed import CONFIG, Installed
from tests.waiting import wait_for

# The small reserve: the kernel is to come before the memory governor.
_QUICK = (
    "WatchdogSec=6s\nRestartSec=1s\n"
    "Environment=JETSON_AGENT__ENGINE__STEP_TIMEOUT=3s JETSON_AGENT__MEMORY__RESERVE=1MiB"
)
_MOST_EXPOSURE = 2.5
_ROOM = 32 << 20
"""Below `MemoryMax`, in bytes."""
_HOG = f"import time; taken = bytearray({_ROOM + (24 << 20)}); time.sleep(2)"
"""Takes more than that, and less than the engine has."""


def runs_without_privileges(it: Installed) -> str:
    """Who it is, and what it may."""
    status = it.container.run("cat", f"/proc/{it.pid}/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1"
    assert fields["Seccomp"] == "2"
    user = it.container.run("ps", "-o", "user=", "-p", str(it.pid)).strip()
    assert user != "root"
    environ = it.container.run("cat", f"/proc/{it.engine}/environ")
    assert "NOTIFY_SOCKET" not in environ, "the engine could speak for the agent"
    return f"user {user}, capabilities 0, seccomp on"


def unit_is_right(it: Installed) -> str:
    """No unknown key, and little that it is exposed to."""
    it.container.run("systemd-analyze", "verify", "--recursive-errors=yes", "jetson-agent.service")
    last = it.container.run("systemd-analyze", "security", "jetson-agent.service").splitlines()[-1]
    score = float(last.split(":")[1].split()[0])
    assert score <= _MOST_EXPOSURE, last
    return f"verify has nothing to say, exposure {score}"


def killed_agent_comes_back(it: Installed) -> str:
    """SIGKILL."""
    it.configure_unit(_QUICK)
    pid, engine = it.pid, it.engine
    it.container.run("kill", "-KILL", str(pid))
    took = it.comes_back(pid)
    assert it.restarts == 1
    assert it.engine not in (0, engine)
    return f"serving again after {took:.1f} s, of which RestartSec is 1 s; {it.answers()!r}"


def hung_loop_is_ended_by_the_watchdog(it: Installed) -> str:
    """SIGSTOP of the agent."""
    pid, began = it.pid, time.time()
    it.container.run("kill", "-STOP", str(pid))
    took = it.comes_back(pid)
    log = it.log(began)
    assert "Watchdog timeout" in log, log
    assert "Failed with result 'watchdog'" in log, log
    return f"serving again after {took:.1f} s with a WatchdogSec of 6 s; {it.answers()!r}"


def killed_engine_is_the_agents_to_replace(it: Installed) -> str:
    """SIGKILL of the engine."""
    return _engine_is_replaced(it, "-KILL")


def hung_engine_is_the_agents_to_replace(it: Installed) -> str:
    """SIGSTOP of the engine while the watchdog, which is shorter than what it takes, goes on being fed."""
    return _engine_is_replaced(it, "-STOP")


def memory_max_takes_the_engine_and_leaves_the_agent(it: Installed) -> str:
    """The kernel ends the engine, whose `oom_score_adj` is higher, and OOMPolicy lets the service go on."""
    pid, restarts, engine, began = it.pid, it.restarts, it.engine, time.time()
    limit = int(it.show("MemoryCurrent")) + _ROOM
    it.limit_memory(str(limit))
    try:
        it.container.run("sh", "-c", f'echo $$ >"$1"/cgroup.procs; exec python3 -c "{_HOG}"', "sh", it.memory_group())
        log = it.log(began)
    finally:
        it.limit_memory("infinity")
    assert "signal SIGKILL" in log, log
    wait_for(lambda: it.engine not in (0, engine) and it.serves(), 90, "new engine")
    assert (it.pid, it.restarts) == (pid, restarts)
    return f"engine ended by the kernel at {limit >> 20} MiB and replaced, pid {pid} as before; {it.answers()!r}"


def stop_is_clean(it: Installed) -> str:
    """`systemctl stop`: goodbye to the broker, exit code 0."""
    began, since = time.monotonic(), time.time()
    it.container.run("systemctl", "stop", "jetson-agent")
    took = time.monotonic() - began
    assert it.show("Result") == "success"
    assert it.show("ExecMainStatus") == "0"
    assert "stopped" in it.log(since)
    said = it.container.run("mosquitto_sub", "-V", "mqttv5", "-t", "edge/orin-7/status", "-C", "1", "-W", "5")
    assert '"reason":"stopped"' in said.replace(" ", ""), said
    assert it.engine == 0
    return f"{took:.1f} s, exit code 0, R/status says stopped"


def wrong_config_is_not_tried_again(it: Installed) -> str:
    """Exit code 78, once."""
    config = it.container.root / CONFIG.removeprefix("/")
    right = config.read_text()
    config.write_text(right + "\nno_such_key: 1\n")
    it.container.run("systemctl", "reset-failed", "jetson-agent", check=False)
    it.container.run("systemctl", "restart", "jetson-agent", check=False)
    time.sleep(3)  # more than RestartSec: that nothing happens has no condition to wait for
    seen = (it.show("ActiveState"), it.show("ExecMainStatus"), it.restarts)
    assert seen == ("failed", "78", 0), seen
    config.write_text(right)
    it.container.run("systemctl", "restart", "jetson-agent")
    it.wait_serving()
    return "failed with 78, 0 restarts; started when it was mended"


def _engine_is_replaced(it: Installed, signal: str) -> str:
    pid, restarts, engine, began = it.pid, it.restarts, it.engine, time.monotonic()
    it.container.run("kill", signal, str(engine))
    answer = it.answers()
    took = time.monotonic() - began
    assert it.engine not in (0, engine)
    assert (it.pid, it.restarts) == (pid, restarts), "the agent was ended too"
    return f"answered after {took:.1f} s by another engine, the agent's pid {pid} as before; {answer!r}"
