# shellcheck shell=sh disable=SC2034,SC2154 # sourced by install.sh, which has the other functions and variables
# Who this device is: the name that it keeps, its key, and the request for a certificate.

choose_id() { # the hostname; where every device has the same one, the serial number of the board or of the installation
    id=$(cat /etc/hostname 2>/dev/null | tr -cd 'A-Za-z0-9_.-' | cut -c1-64)
    case $id in
        '' | .* | localhost* | tegra-ubuntu | jetson | nvidia* | ubuntu | debian) ;;
        *) return ;;
    esac
    serial=$(cat /proc/device-tree/serial-number 2>/dev/null | tr -cd 'A-Za-z0-9' | cut -c1-32)
    # The machine's own id is nothing to publish: machine-id(5).
    [ -n "$serial" ] || serial=$( (echo jetson-agent && cat /etc/machine-id) | sha256sum | cut -c1-12)
    id=jetson-$serial
}

make_identity() { # a key that stays, and a request for its certificate in the name that the configuration has now
    key=$CONFIG/credentials/device.key request=$CONFIG/device.csr
    if [ -n "$dry" ]; then
        [ -e "$key" ] || step "$key, the device's key, and $request, which asks for its certificate"
        return 0
    fi
    if ! command -v openssl >/dev/null; then
        step "openssl is not here: no key is made for the device"
        return 0
    fi
    if [ ! -e "$key" ]; then
        step "$key: the device's key; it does not leave the device"
        (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key.new") ||
            fail "openssl could not make a key"
        replace "$key.new" "$key"
    fi
    id=$(configured device.id)
    if [ "$(openssl req -in "$request" -noout -subject -nameopt multiline 2>/dev/null |
        sed -n 's/^ *commonName *= //p')" != "$id" ]; then
        openssl req -new -key "$key" -subj "/CN=$id" -out "$request.new" || fail "openssl could not make $request"
        replace "$request.new" "$request"
        step "$request: asks for a certificate for $id. With an authority of your own, where its key is:"
        say "    openssl x509 -req -in device.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -out device.pem"
        say "  then bring ca.pem and device.pem here:"
        say "    install -m 644 ca.pem device.pem $CONFIG/    # and broker.tls as deploy/mosquitto/README.md has it"
    fi
}
