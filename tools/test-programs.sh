#!/bin/sh
# The programs that the tests start: mosquitto with its clients, and openssl. Installs what is missing where it may.
set -eu
missing=""
[ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null || missing="$missing mosquitto"
command -v mosquitto_pub >/dev/null || missing="$missing mosquitto-clients"
command -v openssl >/dev/null || missing="$missing openssl"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need$missing. Type: sudo apt-get update && sudo apt-get install$missing" >&2
    exit 1
fi
echo "Installing$missing ..."
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086  # several words are meant
apt-get -qq install -y --no-install-recommends $missing >/dev/null
case "$missing" in
*" mosquitto"*) # nobody asked for a broker of the system: the tests start their own
    systemctl disable --now mosquitto >/dev/null 2>&1 || true ;;
esac
