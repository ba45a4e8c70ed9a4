"""tinygrad on the CPU, each function under its TinyJit; it compiles with the program `clang`, or what CC names."""

import numpy as np
import tinygrad
from tinygrad import Context, Tensor, TinyJit
from tinygrad.nn.optim import Adam

PACKAGE = "tinygrad"
MODULE = "tinygrad"
CAN = {"arrays", "adam", "convolution", "transformer", "import"}  # a kernel a number would be nothing to compare
SLACK = 10.0  # its Adam counts in float32

try:
    Tensor([1.0]).add(1.0).realize()
except (RuntimeError, OSError) as error:
    raise ImportError(f"tinygrad finds no compiler for the CPU ({error}); install clang") from error

exp, log, tanh, sin, sqrt, relu, logistic, total, gelu, softmax = (
    Tensor.exp, Tensor.log, Tensor.tanh, Tensor.sin, Tensor.sqrt, Tensor.relu, Tensor.sigmoid, Tensor.sum, Tensor.gelu,
    Tensor.softmax,
)  # fmt: skip
matmul, add, subtract, multiply, divide = Tensor.matmul, Tensor.add, Tensor.sub, Tensor.mul, Tensor.div


def log1p(x):
    return (1 + x).log()


def row_sums(x):
    return x.sum(-1, keepdim=True)


def constant(x):
    return Tensor(x).realize()


labels = constant


def conv(x, w):
    return x.conv2d(w, padding=1)


def max_pool(x):
    return x.max_pool2d(2)


def permuted(x, axes):
    return x.permute(axes)


def cross_entropy(z, labels):
    return z.sparse_categorical_crossentropy(labels)


def last_state(step, state, xs):
    for x in xs:
        state = step(state, Tensor(x))
    return state


def numbers(x):
    return x.numpy() if isinstance(x, Tensor) else np.asarray(x)


def run_of(step):
    """A callable that ends when the numbers are there."""
    jitted = TinyJit(step)

    def run():
        results = jitted()
        tinygrad.Device[tinygrad.Device.DEFAULT].synchronize()
        return results

    return run


def gradients(f, *parameters, spare=False):
    leaves = [constant(p) for p in parameters]

    def step():
        y = f(*leaves)
        results = [y, *y.gradient(*leaves)]
        Tensor.realize(*results)
        return results

    return run_of(step)


def descent(f, *parameters, rate):
    leaves = [constant(p) for p in parameters]

    def step():
        y = f(*leaves)
        for v, g in zip(leaves, y.gradient(*leaves), strict=True):
            v.assign(v - rate * g)
        Tensor.realize(y, *leaves)
        return [y, *leaves]

    return run_of(step)


def adam(f, *parameters, rate):
    leaves = [constant(p) for p in parameters]
    optimizer = Adam(leaves, lr=rate)

    @Context(TRAINING=1)
    def step():
        optimizer.zero_grad()
        y = f(*leaves).backward()
        Tensor.realize(y, *optimizer.schedule_step())
        return [y, *leaves]

    return run_of(step)


def value_and_gradient(f):
    @TinyJit
    def both(x):
        y = f(x)
        results = y, y.gradient(x)[0]
        Tensor.realize(*results)
        return results

    def run(x):
        y, g = both(Tensor(x).realize())
        return y.item(), g.numpy()

    return run
