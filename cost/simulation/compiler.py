"""Compiles the engine to an object file, whose functions need neither Python nor numba; machine.py calls them."""

from typing import get_type_hints

import llvmlite.binding as llvm
from numba import from_dtype, types

from cost.simulation import engine
from cost.simulation.rule import Rule
from cost.simulation.state import STATE

STATES = types.Array(from_dtype(STATE), 1, "C")
FLOATS, INTS = types.Array(types.float64, 1, "C"), types.Array(types.int64, 1, "C")
KINDS = {int: types.int64, float: types.float64, bool: types.boolean}
RULE = types.NamedTuple([KINDS[kind] for kind in get_type_hints(Rule).values()], Rule)
SIGNATURES = {
    "advance": (STATES, RULE, FLOATS),
    "advance_tasks": (STATES, RULE, FLOATS, INTS, types.float64, types.float64),
    "finish": (STATES, RULE, types.float64),
}
OURS = ("log10",)
"""What the code may call besides LLVM's own: LLVM ends the process if it does not find a function."""


def compiled(target: llvm.TargetMachine) -> bytes:
    """The object file for a machine, with the entry points under their own names."""
    whole = llvm.parse_assembly("")
    for name, signature in SIGNATURES.items():
        function = getattr(engine, name)
        function.compile(signature)
        (overload,) = function.overloads.values()
        module = llvm.parse_assembly(function.inspect_llvm(overload.signature.args))
        module.get_function(overload.fndesc.llvm_func_name).name = name
        whole.link_in(module)
    unknown = [
        function.name
        for function in whole.functions
        if function.is_declaration and not function.name.startswith("llvm.") and function.name not in OURS
    ]
    if unknown:
        raise RuntimeError(f"the engine's code calls what is not there without numba: {', '.join(unknown)}")
    return target.emit_object(whole)
