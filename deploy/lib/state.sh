# shellcheck shell=sh disable=SC2034,SC2154 # sourced by install.sh and uninstall.sh
# Where the service has its state.

configured() { # WHAT: a value of the configuration
    "$release/bin/python" -c "import os; from agent.config_file import load_config; print(load_config(None, os.environ).$1)"
}

find_fleet() { # as the launcher does: `systemctl edit` may give the unit another state directory
    unset JETSON_AGENT__STATE_DIR # that of whoever runs this
    given=$(systemctl show --property Environment --value jetson-agent.service | tr ' ' '\n' |
        sed -n 's/^JETSON_AGENT__STATE_DIR=//p')
    [ -z "$given" ] || export JETSON_AGENT__STATE_DIR="$given"
    fleet=${given:-/var/lib/jetson-agent}/fleet
}
