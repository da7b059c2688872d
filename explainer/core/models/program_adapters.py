"""Adapters of models stored as one program file: torch.export and ONNX."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explainer.core.base.counting import plural
from explainer.core.base.explanation import Target

from .adapters import BATCH_CELLS, Adapter, ModelError, copy_of_outputs

if TYPE_CHECKING:
    from explainer.core.representations.representation import Representation


class _Program(Adapter):
    """A program read from a file; it is pickled as the file's bytes.

    Parameters
    ----------
    content : bytes
        Of the file.
    """

    def __init__(
        self,
        content: bytes,
        representation: "Representation",
        targets: Sequence[Target],
        *,
        name: str = "",
        **declared: Any,
    ) -> None:
        super().__init__(representation, targets, name=name or "program", **declared)
        self.content = content
        self._open()

    def _open(self) -> None:
        raise NotImplementedError

    def _run(self, batch: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    # How many inputs the program takes at once; 0 for any number.
    fixed_batch = 0

    def _forward(self, batch: np.ndarray) -> np.ndarray:
        """Run the program, in portions of its batch size if that is fixed."""
        size = self.fixed_batch
        if not size or len(batch) == size:
            return self._run(batch)
        outputs = []
        for start in range(0, len(batch), size):
            portion = batch[start : start + size]
            missing = size - len(portion)
            filled = np.concatenate([portion, np.repeat(portion[-1:], missing, axis=0)])
            outputs.append(self._run(filled)[: len(portion)])
        return np.concatenate(outputs)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if not key.startswith("_opened")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._open()


class ExportedModel(_Program):
    """A program made by ``torch.export.export`` and written by ``torch.export.save``.

    Reading such a file can run code hidden in it, so open only files from sources you trust. The program
    runs on the device for which it was exported.
    """

    batch_cells = BATCH_CELLS

    def _open(self) -> None:
        import io

        import torch

        try:
            program = torch.export.load(io.BytesIO(self.content))
        except Exception as error:
            raise ModelError(
                f"model {self.name!r}: its file cannot be read as a program of torch.export "
                f"({type(error).__name__}); write it with torch.export.save"
            ) from error
        placeholders = [
            node for node in program.graph.nodes if node.name in program.graph_signature.user_inputs
        ]
        if len(placeholders) != 1:
            raise ModelError(
                f"model {self.name!r} takes {plural(placeholders, 'input')}; export one that takes the batch"
            )
        first = placeholders[0].meta["val"].shape[0]
        self.fixed_batch = first if isinstance(first, int) else 0
        self._opened = program.module()

    def _run(self, batch: np.ndarray) -> np.ndarray:
        import torch

        with torch.inference_mode():
            outputs = self._opened(torch.from_numpy(batch))
        if not isinstance(outputs, torch.Tensor):
            raise ModelError(
                f"model {self.name!r} returned {type(outputs).__name__}; export one that returns a tensor"
            )
        return copy_of_outputs(outputs.detach().double().numpy())


class OnnxModel(_Program):
    """An ONNX file, run by onnxruntime on one thread, or on the GPU if onnxruntime has one."""

    batch_cells = BATCH_CELLS

    def _open(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # the same bits everywhere
        options.log_severity_level = 3
        wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
        providers = [name for name in wanted if name in onnxruntime.get_available_providers()]
        try:
            self._opened = onnxruntime.InferenceSession(self.content, options, providers=providers)
        except Exception as error:
            raise ModelError(
                f"model {self.name!r}: its file cannot be read as ONNX ({type(error).__name__}); "
                "its weights must be in the same file"
            ) from error
        inputs, outputs = self._opened.get_inputs(), self._opened.get_outputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            kinds = ", ".join(f"{item.name}: {item.type}" for item in inputs)
            raise ModelError(
                f"model {self.name!r} must take one input of 32-bit floats; this file takes {kinds}"
            )
        self._opened_names = inputs[0].name, outputs[0].name
        first = inputs[0].shape[0] if inputs[0].shape else None
        self.fixed_batch = first if isinstance(first, int) else 0

    def _run(self, batch: np.ndarray) -> np.ndarray:
        source, wanted = self._opened_names
        return copy_of_outputs(self._opened.run([wanted], {source: batch})[0])


def read_program(name: str, path: str | os.PathLike[str]) -> bytes:
    """Return a program's file.

    Raises
    ------
    ModelError
        If the file does not exist.
    """
    file = Path(path)
    if not file.is_file():
        raise ModelError(f"model {name!r}: file {file.name!r} does not exist; upload it again")
    return file.read_bytes()
