#!/bin/sh
# The programs that the tests start: mosquitto with its clients, openssl, a C compiler, and GStreamer with the elements
# of its pipelines. Installs what is missing where it may.
set -eu
missing=""
[ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null || missing="$missing mosquitto"
command -v mosquitto_pub >/dev/null || missing="$missing mosquitto-clients"
command -v openssl >/dev/null || missing="$missing openssl"
command -v gcc >/dev/null || missing="$missing gcc libc6-dev"
command -v gst-launch-1.0 >/dev/null || missing="$missing gstreamer1.0-tools"
has_element() { command -v gst-inspect-1.0 >/dev/null && gst-inspect-1.0 --exists "$1"; }
has_element videoconvert || missing="$missing gstreamer1.0-plugins-base"
has_element y4menc || missing="$missing gstreamer1.0-plugins-good"
has_element h264parse || missing="$missing gstreamer1.0-plugins-bad"
has_element avdec_h264 || missing="$missing gstreamer1.0-libav"
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
