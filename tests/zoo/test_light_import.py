"""torchvision without torch's compiler, and the compiler all the same when somebody asks."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = "import sys\nfrom vizcore.zoo.light_import import torchvision_models\n"


def run(code: str) -> None:
    subprocess.run([sys.executable, "-W", "error::UserWarning", "-c", START + code], check=True)


def test_the_compiler_is_not_loaded() -> None:
    run(
        "models = torchvision_models()\n"
        "assert not any(name.startswith('torch._dynamo') for name in sys.modules)\n"
        "assert 'sympy' not in sys.modules\n"
        "assert torchvision_models() is models\n"
    )


def test_no_table_of_torchvisions_loads_the_compiler() -> None:
    run(
        "from vizcore import api\n"
        "for entry in api.models():\n"
        "    if entry.source.startswith('torchvision:'):\n"
        "        api.layers(entry)\n"
        "        assert 'torch._dynamo' not in sys.modules, entry.key\n"
    )


@pytest.mark.slow
def test_the_real_compiler_answers_afterwards() -> None:
    run(
        "torchvision_models()\n"
        "import torch, torchvision\n"
        "box = [torch.tensor([[0.0, 0.0, 2.0, 2.0]])]\n"
        "assert torchvision.ops.roi_align(torch.ones(1, 1, 4, 4), box, 1).item() == 1\n"
        "from torchvision.ops.roi_align import is_compile_supported\n"
        "assert is_compile_supported('cpu') in (True, False)\n"
        "import torch._dynamo\n"
        "assert torch._dynamo.utils.is_compile_supported('cpu') == is_compile_supported('cpu')\n"
        "double = torch.compile(lambda x: x * 2, backend='eager')\n"
        "assert double(torch.ones(1)).item() == 2\n"
    )


@pytest.mark.slow
def test_whoever_meets_the_standin_gets_the_real_module() -> None:
    run(
        "import vizcore.zoo.light_import as light\n"
        "for name in light._NAMES:\n"
        "    sys.modules[name] = light._Standin(name)\n"
        "import torch\n"
        "import torch._dynamo.config\n"
        "assert torch._dynamo.config.verbose in (True, False)\n"
        "assert type(sys.modules['torch._dynamo']) is not light._Standin\n"
    )


def test_a_compiler_that_is_there_already_stays() -> None:
    run(
        "import torch._dynamo as before\n"
        "torchvision_models()\n"
        "assert sys.modules['torch._dynamo'] is before\n"
    )
