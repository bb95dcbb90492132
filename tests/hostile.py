"""Programs that were written to hurt whoever reads them, for `test_hostile.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

HEAD = "import tensorflow as tf\n\noptimizer = tf.keras.optimizers.Adam(learning_rate=1e-3)\n"
"""Makes a file worth reading."""
TAIL = "model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate={rate}), loss='mse')\n"
MANY = 5000


@dataclass(frozen=True)
class Case:
    """Files to lie beside a healthy program, and what is to be said about them."""

    name: str
    files: dict[str, str | bytes] = field(repr=False)
    diagnostic: str | None = None
    """Regular expression that exactly one problem matches; None where no problem is due."""
    codes: tuple[str, ...] | None = None
    """Findings due in the hostile files; None where any will do."""
    may_be_cut: bool = False
    """It is fine, too, to read it in part and to say so."""
    fifos: tuple[str, ...] = ()


def one(name: str, text: str | bytes, diagnostic: str | None = None, codes: tuple[str, ...] | None = None) -> Case:
    head = HEAD.encode() if isinstance(text, bytes) else HEAD
    return Case(name, {"hostile.py": head + text}, diagnostic, codes)  # type: ignore[operator]


def heavy(name: str, text: str) -> Case:
    return Case(name, {"hostile.py": HEAD + text}, may_be_cut=True)


def texts() -> Iterator[Case]:
    """What must not reach the parser, and what it refuses."""
    deep, long = "nested more than \\d+ deep", "more than \\d+ .* in a row"
    yield one("nested-brackets", f"x = {'[' * MANY}{']' * MANY}\n", deep)
    yield one("brackets-that-never-close", f"x = {'(' * MANY}\n", deep)
    yield one("nested-calls", f"x = {'f(' * MANY}{')' * MANY}\n", deep)
    yield one("nested-braces", f"x = {'{1: ' * MANY}{'}' * MANY}\n", deep)
    yield one("nested-f-strings", "x = " + "f'{f\"{" * 75 + "1" + "}\"}'" * 75 + "\n", "nested more than|f-string|not ")
    yield one("sum", f"x = {' + '.join(['1'] * 50_000)}\n", long)
    yield one("power-tower", f"x = {' ** '.join(['2'] * MANY)}\n", long)
    yield one("minus-signs", f"x = {'-' * MANY}1\n", long)
    yield one("nots", f"x = {'not ' * MANY}1\n", long)
    yield one("ternaries", f"x = {'1 if y else ' * MANY}1\n", long)
    yield one("lambdas", f"x = {'lambda: ' * MANY}1\n", long)
    yield one("attributes", f"x = y{'.a' * MANY}\n", long)
    yield one("calls-in-a-row", f"x = y{'()' * MANY}\n", long)
    yield one("subscripts-in-a-row", f"x = y{'[0]' * MANY}\n", long)
    yield one("strings-in-a-row", "x = " + "'a' " * MANY + "\n", long)
    yield one("comprehension-of-many-loops", f"x = [1 {'for i in y ' * MANY}]\n", long)
    yield one("elifs", "if a == 0:\n    pass\n" + "".join(f"elif a == {i}:\n    pass\n" for i in range(MANY)), long)
    yield one("blocks", "".join(f"{' ' * i}if x:\n" for i in range(900)) + " " * 900 + "pass\n", deep)
    yield one("functions-in-functions", "".join(f"{' ' * i}def f():\n" for i in range(99)) + " " * 99 + "pass\n", deep)
    yield one("pattern", f"match x:\n    case {'[' * 40}y{']' * 40}:\n        pass\n", deep)
    yield one("python-2", "print 'loss', loss\n", "Python 2")
    yield one("python-2-raise", "raise ValueError, 'no loss'\n", "Python 2")
    yield one("python-2-backticks", "x = `1`\n", "Python 2")
    yield one("nul-byte", b"x = '\0'\n", "NUL")
    yield one("bytes-that-are-no-utf-8", b"x = '\xff\xfe'\n", "not valid utf-8")
    yield Case("unknown-encoding", {"hostile.py": "# coding: klingon\n" + HEAD}, "encoding 'klingon'")
    yield Case("rot13", {"hostile.py": "# coding: rot13\n" + HEAD}, "rot13")
    yield Case("utf-16", {"hostile.py": HEAD.encode("utf-16")}, "NUL|not valid|encoding")
    yield one("surrogate", b"x = '\xed\xa0\x80'\n", "not valid")
    yield one("tabs-and-spaces", "if x:\n\ty = 1\n        z = 2\n", "tab|dedent|indent|not understood")
    yield one("only-a-backslash", "\\\n", "hostile|unexpected|EOF|not understood")
    yield one("too-long", "x = 1\n" * 700_000, "longer than|not read")
    yield Case("latin-1", {"hostile.py": b"# coding: latin-1\n" + HEAD.encode() + b"x = '\xe9'\n"})
    yield Case("byte-order-mark", {"hostile.py": b"\xef\xbb\xbf" + HEAD.encode()})
    yield Case("carriage-returns", {"hostile.py": HEAD.replace("\n", "\r")})
    yield one("form-feeds", "\f\n\fx = 1\n\f")
    yield one("no-newline-at-the-end", "x = 1")
    yield one("comparisons", f"x = {' < '.join(['1'] * MANY)}\n")
    yield one("targets", f"{' = '.join(f'x{i}' for i in range(MANY))} = 1\n")
    yield one("decorators", "@f\n" * MANY + "def g():\n    pass\n")
    yield one("long-string", f"x = '{'a' * 2_000_000}'\n")
    yield one("long-name", f"{'a' * 100_000} = 1\n")
    yield one("long-list", f"x = [{'1, ' * 50_000}]\n")
    yield one("long-dict", f"x = {{{', '.join(f'{i}: {i}' for i in range(20_000))}}}\n")
    yield one("one-line", "x = 1; " * 20_000 + "\n")


def notebooks() -> Iterator[Case]:
    """Notebooks that are none."""
    code = {"cell_type": "code", "source": HEAD}
    yield Case("notebook-broken", {"hostile.ipynb": '{"cells": [{"tensorflow": "Adam"'}, "JSON")
    yield Case("notebook-nested", {"hostile.ipynb": '["tensorflow", "Adam", ' + "[" * 200_000}, "JSON")
    yield Case("notebook-of-no-cells", {"hostile.ipynb": '{"cells": 3, "tensorflow": "Adam"}'}, "without cells")
    digits = '{"tensorflow": "Adam", "cells": [' + "9" * 10_000 + "]}"
    yield Case("notebook-of-digits", {"hostile.ipynb": digits}, "JSON")
    nul = json.dumps({"cells": [code, {"cell_type": "code", "source": "x = '\0'"}]})
    yield Case("notebook-with-nul", {"hostile.ipynb": nul}, "NUL")
    odd: list[object] = [
        None,
        1,
        "x",
        {"cell_type": []},
        {"cell_type": "code", "source": {"a": 1}},
        {"cell_type": "code"},
        code,
    ]
    yield Case("notebook-of-odd-cells", {"hostile.ipynb": json.dumps({"cells": odd, "metadata": 7})})
    deep = json.dumps({"cells": [code, {"cell_type": "code", "source": "[" * MANY}]})
    yield Case("notebook-of-brackets", {"hostile.ipynb": deep}, "nested more than")


def rates() -> Iterator[Case]:
    """Constants that cost more than the machine has, or that raise; each becomes a learning rate."""
    for name, expression in (
        ("power", "10**10**10"),
        ("negative-power", "10**-10**10"),
        ("shift", "1 << 10**12"),
        ("text", "'a' * 10**12"),
        ("list", "[0] * 10**12"),
        ("pow", "pow(10, 10**10)"),
        ("range", "sum(range(10**12))"),
        ("list-of-range", "list(range(10**12))[5]"),
        ("padding", "'%1000000000000d' % 1"),
        ("format", "'{:>1000000000000}'.format(1)"),
        ("f-string", "f'{1:>1000000000000}'"),
        ("digits", "9" * 6000),
        ("hexadecimal", "0x" + "f" * 100_000),
        ("int-of-text", f"int('{'9' * 6000}')"),
        ("overflow", "1e400"),
        ("float-of-int", "10**5000"),
        ("float-times-int", "0.1 * 10**5000"),
        ("quotient-of-ints", "10**5000 / 3"),
        ("nan", "float('nan')"),
        ("infinity", "float('inf')"),
        ("complex", "(-8) ** 0.5"),
        ("imaginary", "1j"),
        ("division", "1 / 0"),
        ("modulo", "1 % 0"),
        ("floor", "1 // 0.0"),
        ("zero-power", "0 ** -1"),
        ("float-power", "10.0 ** 400"),
        ("negative-shift", "1 << -1"),
        ("character", "chr(10**10)"),
        ("step-of-zero", "[1, 2][::0]"),
        ("index", "[1][5]"),
        ("huge-index", "[1][10**30]"),
        ("unhashable", "{[]: 1}[()]"),
        ("order", "sorted([1, 'a', None])[0]"),
        ("maximum", "max([])"),
        ("maximum-of-mixed", "max(1, 'a')"),
        ("int-of-infinity", "int(float('inf'))"),
        ("round-of-nan", "round(float('nan'))"),
        ("bytes", "b'0.1'"),
        ("none", "None"),
        ("ellipsis", "..."),
        ("text-rate", "'fast'"),
        ("true", "True"),
        ("empty", "()"),
        ("float-of-nonsense", "float('one')"),
        ("minus-text", "-'a'"),
        ("inverted", "~1.5"),
        ("text-plus-number", "'a' + 1"),
        ("text-of-huge", "str(10**5000)"),
        ("huge-in-f-string", "f'{10**5000}'"),
        ("percent", "'%d' % 10**5000"),
        ("bad-percent", "'%d %d' % 1"),
        ("bad-format", "'{} {}'.format(1)"),
        ("format-of-attribute", "'{0.__class__.__mro__}'.format(1)"),
        ("join", "'a'.join(['b'] * 10**10)"),
        ("replace", "('a' * 10**5).replace('a', 'b' * 10**5)"),
        ("center", "'a'.center(10**11)"),
        ("zfill", "'1'.zfill(10**11)"),
        ("expandtabs", "'\\t'.expandtabs(10**11)"),
        ("bytes-of-number", "bytes(10**11)"),
        ("bytearray", "bytearray(10**11)"),
        ("tuple", "(0,) * 10**11"),
        ("set", "set(range(10**10))"),
        ("comprehension", "[i for i in range(10**10)][0]"),
        ("power-of-list", "[1] ** 2"),
        ("factorial", "__import__('math').factorial(10**9)"),
        ("numpy", "__import__('numpy').ones(10**12)[0]"),
        ("regular-expression", "__import__('re').match('(a+)+$', 'a' * 40 + 'b')"),
        ("dir", "vars(object)"),
        ("eval", 'eval(\'open("SPRUNG", "w")\')'),
        ("compile", "exec(compile('open(\"SPRUNG\", \"w\")', '', 'exec'))"),
        ("system", "__import__('os').system('touch SPRUNG')"),
        ("file", "open('SPRUNG', 'w')"),
        ("walrus", "(x := 10**10**10)"),
        ("conditional", "0.1 if 10**10**10 > 1 else 0.2"),
    ):
        yield Case(f"rate-{name}", {"hostile.py": HEAD + TAIL.format(rate=expression)})


def doublings() -> Iterator[Case]:
    """Sixty statements that double a value each time."""
    for name, start, step in (
        ("number", "2", "x = x * x"),
        ("text", "'a'", "x = x + x"),
        ("in-place", "'a'", "x += x"),
        ("times", "'a'", "x *= 9"),
        ("formatted", "'a'", "x = f'{x}{x}'"),
        ("percent", "'a'", "x = '%s%s' % (x, x)"),
        ("bytes", "b'a'", "x = x + x"),
        ("format", "'a'", "x = '{0}{0}'.format(x)"),
        ("join", "'a'", "x = x.join([x, x])"),
        ("pair", "1", "x = (x, x)"),
        ("list", "[1]", "x = [x, x]"),
        ("sum-of-lists", "[1]", "x = x + x"),
        ("starred", "[1]", "x = [*x, *x]"),
        ("dict", "1", "x = {'a': x, 'b': x}"),
        ("merged", "{}", "x = {**x, 'k': x}"),
        ("extend", "[1]", "x.extend(x)"),
        ("append", "[1]", "x.append([x, x])"),
        ("zip", "[1]", "x = list(zip(x, x))"),
        ("tuple", "(1,)", "x = x + x"),
        ("lambda", "lambda: 1", "x = lambda y=x: y() + y()"),
        ("conditional", "1", "x = (x, 1) if c else (2, x)"),
        ("shift", "1", "x = 1 << x"),
        ("power", "2", "x = x ** x"),
        ("comprehension", "[1]", "x = [y for y in x for _ in x]"),
        ("partial", "print", "x = functools.partial(x, x)"),
        ("set", "frozenset()", "x = frozenset([x])"),
        ("replace", "'aa'", "x = x.replace('a', x)"),
        ("slice", "[1]", "x[:] = x + x"),
        ("range", "2", "x = len(range(x ** x))"),
        ("tensor", "tf.ones(3)", "x = tf.concat([x, x], 0)"),
        ("stack", "tf.ones(3)", "x = tf.stack([x, x])"),
        ("branches", "1", "x = x + 1 if f(x) else x - 1"),
        ("object", "1", "x = type('T', (), {'a': x, 'b': x})()"),
    ):
        body = f"import functools\nx = {start}\n" + f"{step}\n" * 60
        yield heavy(f"doubling-{name}", body + TAIL.format(rate="x"))


def recursions() -> Iterator[Case]:
    """Code that runs in circles."""
    train = "def train(x):\n    model.compile(optimizer=tf.keras.optimizers.Adam(0.5), loss='mse')\n"
    for name, text in (
        ("itself", "def f(x):\n    return f(x)\nf(1)\n"),
        ("twice", "def f(n):\n    return f(n - 1) + f(n - 2)\nf(10**9)\n"),
        ("growing", "def f(x):\n    return f((x, x))\nf(1)\n"),
        ("mutual", "def f(x):\n    return g(x + 1)\ndef g(x):\n    return f(x * 2)\nf(1)\n"),
        ("default", "def f(x=lambda: f()):\n    return x()\nf()\n"),
        ("combinator", "(lambda f: f(f))(lambda f: f(f))\n"),
        ("generator", "def f():\n    yield from f()\nfor x in f():\n    print(x)\n"),
        ("decorator", "def f(g):\n    return f(f(g))\n@f\ndef h():\n    return h()\nh()\n"),
        ("own-base", "class A(A):\n    pass\nA().x\n"),
        ("bases", "class A:\n    pass\nclass B(A):\n    pass\nclass A(B):\n    pass\nA().x.y()\n"),
        ("metaclass", "class A(metaclass=A):\n    pass\nA()\n"),
        ("attribute", "class A:\n    def __init__(self):\n        self.a = A()\nA().a.a.a\n"),
        (
            "self",
            "class A:\n    def __init__(self):\n        self.me = self\n    def f(self):\n"
            "        return self.me.f()\nA().f()\n",
        ),
        ("property", "class A:\n    @property\n    def p(self):\n        return self.p\nA().p\n"),
        ("getattr", "class A:\n    def __getattr__(self, n):\n        return getattr(self, n)\nA().x\n"),
        ("call", "class A:\n    def __call__(self):\n        return self()\nA()()\n"),
        (
            "operators",
            "class A:\n    def __add__(self, o):\n        return self + o\n    __radd__ = __add__\nA() + A()\n",
        ),
        (
            "super",
            "class A:\n    def f(self):\n        return super().f()\n"
            "class B(A):\n    def f(self):\n        return super().f()\nB().f()\n",
        ),
        ("list", "x = []\nx.append(x)\nprint(x[0][0][0])\nfor y in x:\n    x.append(y)\n"),
        ("dict", "d = {}\nd['d'] = d\nd.update(d)\nprint(d['d']['d'])\n"),
        ("tuple", "t = ()\nfor _ in range(10**9):\n    t = (t, t)\n"),
        ("object", "class A: pass\na = A()\nb = A()\na.b, b.a = b, a\nprint(a.b.a.b == b)\n"),
        ("while", "x = 1\nwhile True:\n    x = x * 2\n"),
        ("rate", "r = 0.1\nwhile r:\n    r = r * 10\n" + TAIL.format(rate="r")),
        ("map", "x = [1]\nfor _ in range(99):\n    x = map(lambda y: x, x)\nlist(x)\n"),
        ("closure", "def f(n):\n    def g():\n        return f(g)\n    return g\nf(1)()()()()\n"),
        ("swap", "a, b = 1, 2\nfor _ in range(9**9):\n    a, b = (b, a), (a, b)\n"),
        (
            "schedule",
            "s = tf.keras.optimizers.schedules.ExponentialDecay(s, 1, 2)\n" * 2 + TAIL.format(rate="s"),
        ),
        (
            "wrapper",
            "o = 1\nfor _ in range(999):\n    o = tf.keras.mixed_precision.LossScaleOptimizer(o)\no.minimize(o, o)\n",
        ),
        (
            "config",
            "class C(dict):\n    def __getattr__(self, n):\n        return self[n]\nc = C()\nc.c = c\n"
            + TAIL.format(rate="c.c.c.lr"),
        ),
        (
            "tape",
            "with tf.GradientTape() as t:\n    g = t.gradient(t, t)\n    g = t.gradient(g, g)\n"
            "for _ in range(9):\n    g = [g for _ in g]\noptimizer.apply_gradients(zip(g, g))\n"
            "optimizer.apply_gradients(optimizer.apply_gradients)\n",
        ),
    ):
        yield heavy(f"recursion-{name}", text + train)


def imports() -> Iterator[Case]:
    """Modules that import each other."""
    yield Case("import-of-itself", {"hostile.py": HEAD + "import hostile\nfrom hostile import *\nhostile.hostile.x\n"})
    two = {"a.py": HEAD + "import b\nX = b.Y\n", "b.py": HEAD + "import a\nY = a.X\n"}
    yield Case("import-cycle", {**two, "run.py": HEAD + "from a import X\n" + TAIL.format(rate="X")})
    stars = {
        name: HEAD + f"from {to} import *\nZ = X\nX = Z\n" for name, to in (("a.py", "b"), ("b.py", "c"), ("c.py", "a"))
    }
    yield Case("star-cycle", {**stars})
    package = {
        "p/__init__.py": HEAD + "from . import q\nfrom .q import *\nfrom p import p\n",
        "p/q.py": HEAD + "from . import *\nfrom .. import p\nfrom ..... import x\nimport p.q.p.q\n",
    }
    yield Case("package-cycle", {**package})
    chain: dict[str, str | bytes] = {f"m{i}.py": HEAD + f"from m{i + 1} import X\n" for i in range(300)}
    yield Case(
        "import-chain",
        {**chain, "m300.py": HEAD + "X = 0.5\n", "run.py": "from m0 import X\n" + HEAD + TAIL.format(rate="X")},
    )
    bases: dict[str, str | bytes] = {
        "a.py": HEAD + "from b import B\nclass A(B):\n    def f(self):\n        return super().f()\nA().f()\n",
        "b.py": HEAD + "from a import A\nclass B(A):\n    def f(self):\n        return super().f()\nB().f()\n",
    }
    yield Case("bases-in-a-cycle", bases)


def sizes() -> Iterator[Case]:
    """Programs that no person wrote."""
    lines = "".join(
        f"    if a[{i}] > b:\n        x{i % 40} = x{(i + 1) % 40} + {i}\n"
        f"    else:\n        x{i % 40} = f(x{(i + 3) % 40})\n"
        for i in range(750)
    )
    names = "".join(f"    x{i} = {i}\n" for i in range(40))
    yield heavy("branching-function", f"def f(x):\n    return x\ndef train(a, b):\n{names}{lines}train(1, 2)\n")
    early = "".join(f"    if a[{i}]:\n        return {i}\n" for i in range(1500))
    yield heavy("function-of-returns", f"def train(a):\n{early}train(1)\n")
    tries = "".join(f"    try:\n        x = f(x)\n    except E{i}:\n        x = g(x)\n" for i in range(750))
    yield heavy("function-of-tries", f"def train(x):\n{tries}train(1)\n")
    calls = "def f0(x):\n    return x\n" + "".join(
        f"def f{i}(x):\n    return f{i - 1}(x + 1), f{i - 1}(x + 2)\n" for i in range(1, 60)
    )
    yield heavy("calls-that-double", calls + "f59(1)\n")
    tall = "def f0(x):\n    return x\n" + "".join(f"def f{i}(x):\n    return f{i - 1}(x)\n" for i in range(1, 1000))
    yield heavy("tall-stack", tall + "f999(1)\n")
    tower = "class A0:\n    r = 0.5\n" + "".join(f"class A{i}(A{i - 1}):\n    pass\n" for i in range(1, 2000))
    yield heavy("tall-classes", tower + TAIL.format(rate="A1999().r"))
    grid = "class C0:\n    pass\nclass D0:\n    pass\n" + "".join(
        f"class C{i}(C{i - 1}, D{i - 1}):\n    pass\nclass D{i}(C{i - 1}, D{i - 1}):\n    pass\n" for i in range(1, 40)
    )
    yield heavy("diamonds", grid + "C39().missing()\n")
    loops = "".join(f"{' ' * i}for i{i} in range(n):\n" for i in range(40)) + " " * 40 + "x = f(x)\n"
    yield heavy("loops-in-loops", "n = 9\nx = 1\ndef f(y):\n    return y + 1\n" + loops)
    updates = "".join(f"o{i} = tf.keras.optimizers.Adam(0.5)\no{i}.minimize(lambda: x, [x])\n" for i in range(500))
    yield heavy("five-hundred-optimizers", updates)
    methods = "".join(
        f"    def m{i}(self):\n        self.x{i} = self.m{(i * 7 + 1) % 300}()\n        return self.x{i}\n"
        for i in range(300)
    )
    yield heavy("methods-in-a-ring", f"class A:\n{methods}A().m0()\n")
    names = "".join(f"x{i} = x{i - 1}\n" for i in range(1, 5000))
    yield heavy("alias-chain", f"x0 = 0.5\n{names}" + TAIL.format(rate="x4999"))


def configurations() -> Iterator[Case]:
    """Settings files that grow when they are read."""
    reads_json = "import json\nwith open('c.json') as f:\n    c = json.load(f)\n" + TAIL.format(rate="c['lr']")
    reads_yaml = "import yaml\nwith open('c.yaml') as f:\n    c = yaml.safe_load(f)\n" + TAIL.format(rate="c['lr']")
    lol = "a0: &a0 [1, 1]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    keys = "a0: &a0 {x: 1}\n" + "".join(
        f"a{i}: &a{i} {{{', '.join(f'k{j}: *a{i - 1}' for j in range(9))}}}\n" for i in range(1, 12)
    )
    for name, text in (
        ("nested", '{"lr": ' + "[" * 400_000),
        ("nested-closed", '{"lr": ' + "[" * 100_000 + "]" * 100_000 + "}"),
        ("nested-objects", '{"a":' * 100_000 + "1" + "}" * 100_000),
        ("nested-a-little", '{"lr": ' + "[" * 900 + "]" * 900 + "}"),
        ("digits", '{"lr": ' + "9" * 100_000 + "}"),
        ("long-number", '{"lr": ' + "9" * 4000 + "}"),
        ("nan", '{"lr": NaN}'),
        ("huge-exponent", '{"lr": 1e999999999}'),
        ("text", '{"lr": "1e-3\\u001b[31m[bold]"}'),
        ("list", "[1, 2]"),
        ("empty", ""),
        ("wide", json.dumps({"lr": 0.5, **{f"k{i}": [i] * 9 for i in range(9000)}})),
        ("surrogate", '{"lr": "\\ud800"}'),
        ("infinite-text", '{"lr": "inf"}'),
        ("null", '{"lr": null}'),
        ("number", "3"),
        ("bad-bytes", b"\xff\xfe{"),
    ):
        yield Case(f"json-{name}", {"hostile.py": HEAD + reads_json, "c.json": text})
    for name, text in (
        ("billion-laughs", lol + "lr: *a11\n"),
        ("billion-keys", keys + "lr: *a11\n"),
        ("own-item", "lr: &a [*a]\n"),
        ("own-value", "&a {lr: *a}\n"),
        ("own-key", "? &a [*a]\n: 1\n"),
        ("nested", "lr: " + "[" * 50_000),
        ("nested-a-little", "lr: " + "[" * 400 + "]" * 400 + "\n"),
        ("hexadecimal", "lr: 0x" + "f" * 20_000 + "\n"),
        ("python", "lr: !!python/object/apply:os.system ['touch SPRUNG']\n"),
        ("date", "lr: 2020-02-31\n"),
        ("tag", "lr: !x 3\n"),
        ("timestamp", "lr: 2020-01-01\n"),
        ("binary", "lr: !!binary aGVsbG8=\n"),
        ("set", "lr: !!set {a, b}\n"),
        ("nan", "lr: .nan\n"),
        ("infinity", "lr: .inf\n"),
        ("sexagesimal", "lr: " + "59:" * 2000 + "59\n"),
        ("two-documents", "lr: 1\n---\nlr: 2\n"),
        ("merge", "a: &a {lr: 0.5}\n<<: *a\n"),
        ("own-merge", "&a\n<<: *a\nlr: 1\n"),
        ("tab", "lr:\t\t- [\n"),
        ("empty", ""),
        ("indented", "".join(f"{' ' * i}k:\n" for i in range(900)) + " " * 900 + "lr: 1\n"),
        ("nul", "lr: '\0'\n"),
        ("unhashable", "{[1]: 2}\n"),
        ("bad-int", "lr: !!int abc\n"),
        ("bad-float", "lr: !!float abc\n"),
        ("escape", 'lr: "\\e[31m"\n'),
    ):
        yield Case(f"yaml-{name}", {"hostile.py": HEAD + reads_yaml, "c.yaml": text})
    gin = "import gin\ngin.parse_config_file('c.gin')\n@gin.configurable\ndef train(lr=1e-3):\n    " + TAIL.format(
        rate="lr"
    )
    yield Case("gin", {"hostile.py": HEAD + gin + "train()\n", "c.gin": "train.lr = " + "9" * 500_000 + "\n=\n = \n"})
    yield Case("gin-nan", {"hostile.py": HEAD + gin + "train()\n", "c.gin": "train.lr = nan\n"})
    for name, path in (
        ("device", "/dev/zero"),
        ("directory", "."),
        ("nul", "a\\0b"),
        ("long", "a" * 9999),
        ("fifo", "pipe"),
    ):
        code = f"import json, yaml\nc = json.load(open('{path}.json'))\nd = yaml.safe_load(open('{path}'))\n"
        yield Case(
            f"configuration-{name}",
            {"hostile.py": HEAD + code + TAIL.format(rate="c['lr']")},
            fifos=("pipe", "pipe.json"),
        )
    requirements = "tensorflow==" + "9" * 10_000 + ".9.9\n" + "tensorflow" * 10_000 + "\n-r requirements.txt\n"
    yield Case("requirements", {"hostile.py": HEAD, "requirements.txt": requirements})
    project = "[project]\ndependencies = ['tensorflow==" + "[" * 9000 + "']\n" + "a = " + "[" * 9000
    yield Case("pyproject", {"hostile.py": HEAD, "pyproject.toml": project})


CASES = [
    case
    for group in (texts, notebooks, rates, doublings, recursions, imports, sizes, configurations)
    for case in group()
]
