"""An Advice or a Bill as JSON, as text in a terminal, as an HTML page or a part of one."""
