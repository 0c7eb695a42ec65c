"""What is tried with the service, in this order: each check needs what the ones before it have left."""

from collections.abc import Callable

from tests.systemd import installing, running, trying
from tests.systemd.installed import Installed

Check = Callable[[Installed], str]

CHECKS: tuple[Check, ...] = (
    installing.dry_run_changes_nothing,
    installing.install_starts_and_asks,
    installing.install_again_changes_nothing,
    running.runs_without_privileges,
    running.unit_is_right,
    running.killed_agent_comes_back,
    running.hung_loop_is_ended_by_the_watchdog,
    running.killed_engine_is_the_agents_to_replace,
    running.hung_engine_is_the_agents_to_replace,
    running.memory_max_takes_the_engine_and_leaves_the_agent,
    running.stop_is_clean,
    running.wrong_config_is_not_tried_again,
    trying.good_release_of_an_update_runs,
    trying.trial_that_crashes_gives_way,
    trying.trial_that_ends_with_78_gives_way,
    trying.trial_that_hangs_gives_way,
    trying.trial_gives_way_to_the_good_release,
    installing.release_that_does_not_start_gives_way,
    installing.update_with_a_wrong_config_changes_nothing,
    installing.secrets_are_roots_alone,
    installing.changed_secret_counts_when_installed_again,
    installing.uninstall_leaves_what_it_says,
)
