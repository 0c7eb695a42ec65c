"""The runtime without the agent, to compare with: onnxruntime-genai's `Generator` in a loop. `cells --bare` asks it.

    python -m tests.device.bare --model DIR

reads from its standard input, a line each: `{"texts": [...], "tokens": N, "may_end": false}`, prompts of one length
that run at the same time, and writes what was measured, in seconds from the begin, as a line of JSON. Each is read in
one step. None ends by itself; to forbid that costs a little, and with `may_end` it is an error instead. One has a
generator of its own, with CUDA graphs, or with `--no-graphs` without; several are one static batch, for which the
library refuses them ("batch_size must be 1").
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime_genai as og

from agent.engine.chat import ChatEncoder, Vocabulary
from agent.engine.ort_genai import graphs
from agent.prompt import Message, Role


class Bare:
    """A model, loaded once for one prompt and once for several, each when it is first asked for.

    Args:
        folder: Of the model.
        has_graphs: Whether one prompt alone has CUDA graphs.
    """

    def __init__(self, folder: Path, *, has_graphs: bool) -> None:
        self._folder = folder
        self._has_graphs = has_graphs
        self._is_for_cuda = graphs.is_for_cuda(json.loads((folder / "genai_config.json").read_bytes())["model"])
        self._models: dict[bool, Any] = {}
        self._control = Vocabulary.read(folder / "tokenizer.json").control

    def run(self, texts: Sequence[str], tokens: int, *, may_end: bool) -> dict[str, object]:
        """Answer prompts with so many tokens each."""
        model = self._model_for(several=len(texts) > 1)
        tokenizer = og.Tokenizer(model)
        chat = ChatEncoder(tokenizer, self._control)
        began = time.perf_counter()
        prompts = np.asarray([chat.encode([Message(Role.USER, text)]) for text in texts], dtype=np.int32)
        tokenized = time.perf_counter()
        length = prompts.shape[1] + tokens
        params = og.GeneratorParams(model)
        forced = {} if may_end else {"min_length": length}
        params.set_search_options(max_length=length, batch_size=len(texts), do_sample=False, random_seed=0, **forced)
        generator = og.Generator(model, params)
        generator.append_tokens(prompts[0] if len(texts) == 1 else prompts)
        streams = [tokenizer.create_stream() for _ in texts]
        at: list[float] = []
        for _ in range(tokens):
            if generator.is_done():
                raise SystemExit(f"an answer ended by itself, after {len(at)} tokens")
            generator.generate_next_token()
            for stream, token in zip(streams, generator.get_next_tokens(), strict=True):
                stream.decode(token)
            at.append(time.perf_counter() - began)
        return {"prompt_tokens": int(prompts.shape[1]), "tokenized": tokenized - began, "tokens_at": at}

    def _model_for(self, *, several: bool) -> Any:  # noqa: ANN401 - the library has no types
        if several not in self._models:
            config = og.Config(str(self._folder))
            if self._is_for_cuda:
                graphs.switch(config, on=self._has_graphs and not several)
            self._models[several] = og.Model(config)
        return self._models[several]


def main() -> None:
    """Answer line by line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of a model that is not paged")
    parser.add_argument("--no-graphs", action="store_true", help="no CUDA graphs for one prompt alone either")
    arguments = parser.parse_args()
    bare = Bare(arguments.model, has_graphs=not arguments.no_graphs)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(bare.run(asked["texts"], asked["tokens"], may_end=asked["may_end"])), flush=True)


if __name__ == "__main__":
    main()
