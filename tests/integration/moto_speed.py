"""Moto, where it repeats its own work. Importing this module applies it.

With each member of a response, moto looks for the names under which a dictionary may hold it, which
depend on the member's shape only; and with each node of an update expression, it makes the table of
the nodes that a processor wants. What moto responds is the same.
"""

from __future__ import annotations

import functools
from typing import Any

from moto.core import serialize
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node

_serialize: Any = serialize
_get_possible_keys = _serialize.XFormedAttributePicker.get_possible_keys


@functools.cache
def _keys_of_shape(picker: type, key: str, shape: Any, parent: Any) -> tuple[str, ...]:
    context = _serialize.AttributePickerContext(obj={}, key=key, shape=shape)
    return tuple(_get_possible_keys(picker(), context))


def _possible_keys(picker: Any, context: Any) -> Any:
    is_default = picker.alias_providers is _serialize.DEFAULT_ALIAS_PROVIDERS
    if type(context.obj) is not dict or not is_default:
        return _get_possible_keys(picker, context)
    parent = getattr(context.shape, "parent", None)
    return _keys_of_shape(type(picker), context.key, context.shape, parent)


_serialize.XFormedAttributePicker.get_possible_keys = _possible_keys


def _traverse(traverser: Any, node: Any) -> Any:
    processors = traverser._processing_map()
    kinds = tuple(processors)

    def visit(node: Any, child_id: int = -1) -> Any:
        if not isinstance(node, Node):
            return node
        parent = node.parent
        for number, child in enumerate(node.children or ()):
            traverser.pre_processing_of_child(node, number)
            visit(child, number)
        if isinstance(node, kinds):
            node = traverser.process(node)
            node.parent = parent
            if parent:
                parent.children[child_id] = node
        return node

    return visit(node)


_traverser: Any = DepthFirstTraverser
_traverser.traverse = _traverse
