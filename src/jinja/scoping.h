// Which names a scope hides. Jinja2 decides by the text, not by what happens: a name that a scope sets, and that it did
// not read before, belongs to that scope from its beginning, so a loop before the `set` finds it undefined, even if
// there is a global of that name:
//
//   {% for i in [1] %}{{ x }}{% endfor %}{% set x = 1 %}      prints nothing, whatever global x there is
//
// A `set` within an `if` does not hide it, nor does one for whose name an outer scope has a place.
#pragma once

#include "jinja/tree.h"

namespace tarn::jinja {

// Fills in `hidden` of every scope of the tree.
void find_hidden(Tree& tree);

}  // namespace tarn::jinja
