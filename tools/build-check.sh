#!/bin/sh
# Builds edge-tiny end to end, from a checkpoint of its own weights, and compares the result with what ships.
# usage: build-check.sh PYTHON, which has the extra `build`
set -eu
python=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd models/edge-tiny/training && "$python" build_inputs.py --model .. --output "$work" --questions "${QUESTIONS:-20}")
printf 'models_dir: %s\nstate_dir: %s\n' "$work/models" "$work/models" >"$work/agent.yaml"
"$python" -m agent models build edge-tiny-again --from "$work/edge-tiny" --recipe int4-rtn -c "$work/agent.yaml" \
    --text "$work/held-out.txt" --questions "$work/questions.jsonl"
"$python" -m agent models verify edge-tiny-again -c "$work/agent.yaml"
"$python" -m agent models show edge-tiny-again -c "$work/agent.yaml"
for file in model.onnx.data tokenizer.json chat_template.jinja; do
    cmp "models/edge-tiny/$file" "$work/models/edge-tiny-again/$file"
    echo "$file is the shipped one, byte for byte"
done
