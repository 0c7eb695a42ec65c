"""The runtime without the agent, to compare with: onnxruntime-genai's `Generator` in a loop. `cells --bare` asks it.

    python -m tests.device.bare --model DIR

reads from its standard input, a line each: `{"texts": [...], "tokens": N}`, prompts of one length that run at the same
time, and writes what was measured, in seconds from the begin, as a line of JSON. Without CUDA graphs, as the agent;
several are one static batch. Each is read in one step, and none ends by itself.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime_genai as og

from agent.engine.chat import ChatEncoder, Vocabulary
from agent.engine.ort_genai import graphs
from agent.prompt import Message, Role


class Bare:
    """A loaded model."""

    def __init__(self, folder: Path) -> None:
        config = og.Config(str(folder))
        if graphs.is_for_cuda(json.loads((folder / "genai_config.json").read_bytes())["model"]):
            graphs.switch(config, on=False)
        self._model = og.Model(config)
        self._control = Vocabulary.read(folder / "tokenizer.json").control

    def run(self, texts: Sequence[str], tokens: int) -> dict[str, object]:
        """Answer prompts with so many tokens each."""
        model = self._model
        tokenizer = og.Tokenizer(model)
        chat = ChatEncoder(tokenizer, self._control)
        began = time.perf_counter()
        prompts = np.asarray([chat.encode([Message(Role.USER, text)]) for text in texts], dtype=np.int32)
        tokenized = time.perf_counter()
        length = prompts.shape[1] + tokens
        params = og.GeneratorParams(model)
        params.set_search_options(
            max_length=length, min_length=length, batch_size=len(texts), do_sample=False, random_seed=0
        )
        generator = og.Generator(model, params)
        generator.append_tokens(prompts[0] if len(texts) == 1 else prompts)
        streams, at = [tokenizer.create_stream() for _ in texts], []
        for _ in range(tokens):
            generator.generate_next_token()
            for stream, token in zip(streams, generator.get_next_tokens(), strict=True):
                stream.decode(token)
            at.append(time.perf_counter() - began)
        return {"prompt_tokens": int(prompts.shape[1]), "tokenized": tokenized - began, "tokens_at": at}


def main() -> None:
    """Answer line by line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of a model that is not paged")
    bare = Bare(parser.parse_args().model)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(bare.run(asked["texts"], asked["tokens"])), flush=True)


if __name__ == "__main__":
    main()
