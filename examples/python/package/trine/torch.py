"""Trine's objectives in a training loop of PyTorch:

    loss_of = trine.torch.Objective("batch_hard", "triplet_margin", "squared_euclidean")
    loss = loss_of(network(photos), labels)
    loss.backward()
"""

import torch

from ._trine import objective

__all__ = ["Objective"]


class _Loss(torch.autograd.Function):
    """The gradient comes with the value, in one pass; what flows back only scales it."""

    @staticmethod
    def forward(ctx, embeddings, labels, module, *parameters):
        e = embeddings.detach()
        if e.dtype != torch.float32 or e.device.type != "cpu":
            raise TypeError(f"embeddings: a tensor of float32 on the CPU is needed, not {e.dtype} on {e.device}")
        result = module.objective(e.contiguous().numpy(), labels.detach().cpu().numpy(), step=module.step)
        module.step += 1
        module.last = result
        # A copy: the next batch writes to the same memory.
        learnt = [torch.from_numpy(by).clone() for _, by in module.objective.parameters if by.size]
        ctx.save_for_backward(torch.from_numpy(result.gradient), *learnt)
        return embeddings.new_tensor(result.loss)

    @staticmethod
    def backward(ctx, scale):
        gradient, *learnt = ctx.saved_tensors
        return (scale * gradient, None, None, *(scale * by for by in learnt))


class Objective(torch.nn.Module):
    """Mining and loss of Trine as a module; `trine.objective` says what it takes.

    A loss with class weights takes `classes` and `dimensions` besides. What the loss itself learns are parameters of
    this module, in the memory where Trine reads them: give them to the optimiser. `last` is the last batch's Result.
    """

    def __init__(self, *policies, classes=0, dimensions=0, **values):
        super().__init__()
        self.objective = objective(*policies, **values)
        self.step = 0
        self.last = None
        if classes or dimensions:
            self.objective.start(classes, dimensions)
        for i, (at, _) in enumerate(self.objective.parameters):
            if at.size:
                self.register_parameter(f"learnt_{i}", torch.nn.Parameter(torch.from_numpy(at)))

    def forward(self, embeddings, labels):
        for p, (at, _) in zip(self.parameters(), self.objective.parameters):
            if p.data_ptr() != at.__array_interface__["data"][0]:  # moved by .to(), or loaded in another place
                torch.from_numpy(at).copy_(p.detach())
        return _Loss.apply(embeddings, labels, self, *self.parameters())

    def extra_repr(self):
        return self.objective.identity
