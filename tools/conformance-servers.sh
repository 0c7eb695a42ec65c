#!/bin/sh
# Runs the conformance suite of the OpenAI engine against two servers that this project did not write.
# usage: conformance-servers.sh PYTHON, which has the tests' dependencies
set -eu
python=$1 venv=.venv-servers wanted=tools/conformance-servers.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! cmp -s "$wanted" "$venv/installed.txt"; then
    echo "Installing the servers into $venv; llama-cpp-python is built from source: nine minutes on two cores ..."
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$wanted"
    cp "$wanted" "$venv/installed.txt"
fi
servers=$PWD/$venv/bin/python

"$servers" models/edge-tiny/training/build_inputs.py --model models/edge-tiny --output "$work" --questions 1
# Without it, `transformers serve` samples nothing, whatever a request's temperature is.
sed -i 's/"do_sample": false/"do_sample": true/; /"top_k"/d' "$work/edge-tiny/generation_config.json"
"$servers" -m tests.foreign.edge_tiny_gguf --checkpoint "$work/edge-tiny" --out "$work/edge-tiny.gguf"

run() { # the suite, against one server
    "$python" -m pytest tests/foreign/conformance.py tests/foreign/whole_agent.py \
        --server "$1" --server-python "$servers" --server-model "$2"
}
run llama-cpp-python "$work/edge-tiny.gguf"
run transformers "$work/edge-tiny"
