"""Reads CPU and memory as App Runner and ECS write them, in the stack's own units."""


def settings(cpu: str | None, memory: str | None) -> dict[str, str]:
    """The settings "cpu" in vCPU and "memory" in MB; "512" and "0.5 vCPU" are both half a vCPU, "1 GB" is 1024 MB.

    A size in another form is left out, because it cannot be compared.
    """
    return _found("cpu", cpu, " vcpu", 1 / 1024) | _found("memory", memory, " gb", 1.0, whole=1024.0)


def _found(name: str, text: str | None, unit: str, plain: float, whole: float = 1.0) -> dict[str, str]:
    number, factor = (text or "").lower(), plain
    if number.endswith(unit):
        number, factor = number.removesuffix(unit), whole
    try:
        return {name: f"{float(number) * factor:g}"}
    except ValueError:
        return {}
