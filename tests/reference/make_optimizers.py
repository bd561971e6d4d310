"""Makes optimizers.json: what PyTorch's optimizers do with given gradients, in float64.

Run once, in an environment with torch 2.13: ``python tests/reference/make_optimizers.py``.
"""

import json
from pathlib import Path

import torch

GRADIENTS = torch.randn(8, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
START = torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0], dtype=torch.float64)
CASES = {
    "sgd": (torch.optim.SGD, {"lr": 0.1}),
    "momentum": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "momentum and decay": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    "rmsprop": (torch.optim.RMSprop, {"lr": 0.01}),
    "adam": (torch.optim.Adam, {"lr": 0.01}),
    "adam and decay": (torch.optim.Adam, {"lr": 0.01, "weight_decay": 0.1}),
    "adamw": (torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.1}),
}

trajectories = {}
for name, (kind, options) in CASES.items():
    parameters = START.clone().requires_grad_()
    optimizer = kind([parameters], **options)
    trajectories[name] = []
    for gradient in GRADIENTS:
        parameters.grad = gradient.clone()
        optimizer.step()
        trajectories[name].append(parameters.tolist())

reference = {
    "start": START.tolist(),
    "gradients": GRADIENTS.tolist(),
    "trajectories": trajectories,
}
Path(__file__).with_name("optimizers.json").write_text(json.dumps(reference) + "\n")
