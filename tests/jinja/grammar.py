"""Templates by chance: a grammar over docs/jinja.md, with values that fit most of the time.

    Grammar(random.Random(seed)).template()   -> (globals, text)
"""
TEXTS = ["", "a", "B", "abc", "order_id", "Total Fare", "x,y,z", " pad ", "a_b_c", "it's", 'say "x"', "12", "-7", "3.5", "0x1f", "1e3",
         "line\nnext\n", "\ttab", "%s and %d", "{} is {}", "é", "日本語", "naïve Straße", "a\\b", "SELECT *", "aXbXc", "zz", "None", "  "]
FLOATS = [0.0, 1.0, -1.5, 0.1, 2.675, 1e16, 1e-5, 123456.789, -0.0, 1e22, 0.5, 1.5, 2.5, 3.141592653589793, 1e300, 5e-324]
INTS = [0, 1, 2, 3, -1, -7, 10, 12, 100, 255, 1000, -45, 2**31, 2**53 + 1, 2**63 - 1]
REPLACED = " | replace('a', 'b')"


class Grammar:
    def __init__(self, random):
        self.random = random
        self.depth = 0
        self.loops = 0
        self.known = {}  # name -> kind

    # --- chance

    def pick(self, *choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    # --- values of the globals

    def a_text(self):
        return self.pick(*TEXTS)

    def an_int(self):
        return self.pick(*INTS) if self.chance(0.3) else self.random.randint(-20, 60)

    def a_float(self):
        return self.pick(*FLOATS) if self.chance(0.5) else round(self.random.uniform(-100, 100), self.random.randint(0, 6))

    def a_scalar(self):
        return self.pick(self.a_text, self.an_int, self.a_float, lambda: None, lambda: self.chance(0.5))()

    def globals(self):
        rows = [{"name": self.pick("Ann", "bob", "Cyd", "ann"), "age": self.random.randint(1, 5), "tags": [self.a_text() for _ in range(2)]}
                for _ in range(self.random.randint(0, 5))]
        return {
            "i": self.random.randint(-5, 30), "n": self.an_int(), "f": self.a_float(), "s": self.a_text(), "flag": self.chance(0.5), "nothing": None,
            "ints": [self.random.randint(-9, 9) for _ in range(self.random.randint(0, 6))],
            "texts": [self.a_text() for _ in range(self.random.randint(0, 5))],
            "words": [self.pick("id", "Name", "fare", "Zone", "tip", "id") for _ in range(self.random.randint(0, 6))],
            "mixed": [self.a_scalar() for _ in range(self.random.randint(0, 4))],
            "row": {self.pick("a", "b", "c", "key", "Name"): self.a_scalar() for _ in range(self.random.randint(0, 4))},
            "counts": {self.pick("x", "y", "Z", "w", "aa"): self.random.randint(0, 9) for _ in range(self.random.randint(0, 5))},
            "rows": rows,
            "Q": "..", "value_": "value", "space": " ", "lowline": "_", "letter": "a",
            "pairs": [(self.pick("k", "l", "m"), self.random.randint(0, 9)) for _ in range(self.random.randint(0, 4))],
        }

    KINDS = {"i": "int", "n": "int", "f": "float", "s": "text", "flag": "bool", "nothing": "none", "ints": "ints", "texts": "texts", "words": "texts",
             "mixed": "list", "row": "dict", "counts": "counts", "rows": "rows", "pairs": "pairs"}

    # --- expressions, by kind

    def expr(self, kind, fits=False):
        """`fits`: not of another kind by chance. Jinja2 folds constants at compile time, where a slice of what has none is undefined."""
        self.depth += 1
        try:
            if not fits and self.chance(0.02):
                kind = self.pick("int", "text", "ints", "dict", "none", "undefined")  # what does not fit
            if self.depth > 4 or self.chance(0.3):
                return self.leaf(kind)
            return getattr(self, "make_" + kind, lambda: self.leaf(kind))()
        finally:
            self.depth -= 1

    def names_of(self, kind):
        alike = {"int": ("int",), "number": ("int", "float"), "list": ("list", "ints", "texts", "pairs", "rows"), "any": tuple(set(self.KINDS.values()))}.get(kind, (kind,))
        return [name for name, its in {**self.KINDS, **self.known}.items() if its in alike]

    def leaf(self, kind):
        names = self.names_of(kind)
        if names and self.chance(0.55):
            return self.pick(*names)
        return {
            "int": lambda: str(self.random.randint(-9, 40)) if self.chance(0.9) else self.pick("0x1f", "0b101", "1_000", "0o17"),
            "number": lambda: self.pick(str(self.random.randint(0, 40)), repr(self.a_float())),
            "float": lambda: repr(self.a_float()),
            "bool": lambda: self.pick("true", "false", "True", "False"),
            "none": lambda: self.pick("none", "None"),
            "undefined": lambda: self.pick("missing", "row.missing", "row['no']", "items_of.x" if self.chance(0.1) else "missing", "ints[99]"),
            "text": lambda: self.literal(self.a_text()),
            "any": lambda: self.leaf(self.pick("int", "text", "float", "bool", "none", "ints", "texts", "dict")),
            "ints": lambda: "[" + ", ".join(str(self.random.randint(-9, 9)) for _ in range(self.random.randint(0, 4))) + "]",
            "texts": lambda: "[" + ", ".join(self.literal(self.a_text()) for _ in range(self.random.randint(0, 4))) + "]",
            "list": lambda: self.leaf(self.pick("ints", "texts")),
            "pairs": lambda: self.pick("pairs", "counts.items()", "counts | dictsort", "[('a', 1), ('b', 2)]", "row.items()"),
            "rows": lambda: "rows",
            "dict": lambda: "{" + ", ".join(f"{self.literal(self.pick('a', 'b', 'c'))}: {self.leaf('any') if self.depth < 6 else 1}" for _ in range(self.random.randint(0, 3))) + "}",
            "counts": lambda: "{'p': 1, 'q': " + str(self.random.randint(0, 9)) + "}",
        }[kind]()

    def literal(self, text):
        quote = self.pick("'", '"')
        escaped = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
        return quote + (escaped.replace("\n", "\\n").replace("\t", "\\t") if self.chance(0.8) else escaped) + quote

    def make_int(self):
        e = self.expr
        return self.pick(
            lambda: f"{e('int')} {self.pick('+', '-', '*')} {e('int')}", lambda: f"({e('int')} // {self.pick('2', '3', '-4', '7')})",
            lambda: f"{e('int')} % {self.pick('2', '3', '-5', '10')}", lambda: f"{self.pick('2', '3', '-2', i_('i'))} ** {self.pick('0', '2', '3')}",
            lambda: f"({e('text')} | length)", lambda: f"({e('list')} | length)", lambda: f"({e('list')} | count + {e('int')})",
            lambda: f"({e('ints')} | sum)", lambda: f"-({e('int')})", lambda: f"({e('int')} if {e('bool')} else {e('int')})",
            lambda: f"({e('text')} | int{self.pick('', '(7)', '(base=16)', '(default=-1)')})", lambda: f"({e('number')} | int)",
            lambda: f"({e('int')} | abs)", lambda: f"{e('text')}.find({e('text')})", lambda: f"{e('text')}.count({self.literal(self.pick('a', 'b', ' ', 'x'))})",
            lambda: f"{e('ints')}.count({e('int')})", lambda: f"({e('int')} or {e('int')})", lambda: f"({e('int')} and {e('int')})",
            lambda: f"(counts.get({self.literal(self.pick('x', 'y', 'q'))}, {e('int')}))", lambda: f"(range({self.random.randint(0, 9)}) | list | length)",
            lambda: f"({e('int')} | round)", lambda: f"({e('int')} | round(-1))", lambda: f"({self.ascii()} | wordcount)",
            lambda: f"({e('ints')} | {self.pick('max', 'min', 'first', 'last')} | default(0))", lambda: f"({e('ints')}[{e('int')}] | default(5))")()

    def make_number(self):
        return self.expr(self.pick("int", "float"))

    def make_float(self):
        e = self.expr
        return self.pick(
            lambda: f"{e('number')} {self.pick('+', '-', '*')} {e('float')}", lambda: f"({e('number')} / {self.pick('2', '3', '7.5', '-4')})",
            lambda: f"({e('float')} // {self.pick('2', '0.3', '-1.5')})", lambda: f"({e('float')} % {self.pick('2', '0.7', '-1.5')})",
            lambda: f"({e('number')} | float)", lambda: f"({e('text')} | float{self.pick('', '(2.5)')})", lambda: f"({e('float')} | round({self.pick('', '1', '2', '3', '0')}))",
            lambda: f"({e('number')} | round(2, '{self.pick('floor', 'ceil', 'common')}'))", lambda: f"({e('float')} | abs)", lambda: f"4 ** -{self.pick('1', '2')}",
            lambda: f"2.5 ** {self.pick('2', '3', '0.5', '-1')}")()

    def make_bool(self):
        e, r = self.expr, self.random
        return self.pick(
            lambda: f"{e('number')} {self.pick('<', '<=', '>', '>=', '==', '!=')} {e('number')}", lambda: f"{e('text')} {self.pick('==', '!=', '<', '>')} {e('text')}",
            lambda: f"({e('bool')} {self.pick('and', 'or')} {e('bool')})", lambda: f"not {e('any')}", lambda: f"({e('any')} {self.pick('==', '!=')} {e('any')})",
            lambda: f"{e('int')} in {e('ints')}", lambda: f"{e('text')} not in {e('texts')}", lambda: f"{e('text')} in {e('text')}", lambda: f"'a' in {e('dict')}",
            lambda: f"{e('int')} < {e('int')} <= {e('int')}", lambda: f"{e('any')} is {self.pick('', 'not ')}{self.pick('defined', 'undefined', 'none', 'string', 'number', 'integer', 'float', 'boolean', 'mapping', 'sequence', 'iterable', 'true', 'false', 'callable')}",
            lambda: f"{e('undefined')} is {self.pick('', 'not ')}{self.pick('defined', 'undefined', 'none', 'string')}",
            lambda: f"{e('int')} is {self.pick('odd', 'even', 'divisibleby 3', 'divisibleby(2)', 'eq 3', 'gt(2)', 'le 4', 'in [1, 2, 3]')}",
            lambda: f"{e('text')}.{self.pick('startswith', 'endswith')}({self.literal(self.pick('a', 'x', 'z', 'or'))})", lambda: f"{self.ascii()} is {self.pick('lower', 'upper')}",
            lambda: f"{self.ascii()}.{self.pick('isdigit', 'isalpha', 'isupper', 'islower', 'isspace', 'isalnum', 'isnumeric', 'isascii')}()", lambda: f"({e('ints')} {self.pick('<', '==', '>=')} {e('ints')})",
            lambda: f"({e('list')} | is_list)", lambda: f"({e('dict')} == {e('dict')})")()

    def ascii(self):
        return self.literal(self.pick(*[t for t in TEXTS if t.isascii()]))

    def make_text(self):
        e, lit = self.expr, self.literal
        return self.pick(
            lambda: f"{e('any')} ~ {e('any')}", lambda: f"({e('text')} + {e('text')})", lambda: f"{e('text')} * {self.pick('0', '2', '3', '-1')}",
            lambda: f"({e('text')} | {self.pick('upper', 'lower', 'title', 'capitalize', 'trim', 'string', 'as_text', 'reverse')})",
            lambda: f"{e('text')}.{self.pick('upper', 'lower', 'strip', 'lstrip', 'rstrip', 'title', 'capitalize', 'swapcase')}()",
            lambda: f"({e('text')} | replace({lit(self.pick('a', 'b', '_', ' ', ''))}, {e('text')}{self.pick('', ', 1')}))", lambda: f"{e('text')}.replace({lit(self.pick('a', 'X'))}, {lit(self.pick('', 'yy'))})",
            lambda: f"({e('list')} | join({self.pick('', lit(', '), lit('_'))}))", lambda: f"{lit(self.pick(',', ' and '))}.join({e('texts')})", lambda: f"({e('texts')} | map('{self.pick('upper', 'lower', 'trim', 'length', 'string', 'title')}') | join('/'))",
            lambda: f"({e('text', True)})[{self.slice()}]", lambda: f"({e('text')}[{e('int')}] | default('?'))", lambda: f"({e('text')} | truncate({self.pick('5', '8, true', '6, false, Q', '4, true, Q, 0')}))",
            lambda: f"({e('text')} | center({self.random.randint(0, 20)}))", lambda: f"{e('text')}.{self.pick('center', 'ljust', 'rjust')}({self.random.randint(0, 14)}{self.pick('', ', ' + lit('*'))})", lambda: f"{lit(self.pick('7', '-42', 'ab', '+1'))}.zfill({self.random.randint(0, 6)})",
            lambda: f"({e('text')} | indent({self.pick('', '2', 'width=3', '2, true', '2, blank=true', lit('> '))}))", lambda: f"'{self.pick('%s', '[%5s]', '%-6s|', '%r', '%.2s')}' % {e('any')}" if self.chance(0.5) else f"'%s:%s' % ({e('any')}, {e('any')})",
            lambda: f"'{self.pick('%d', '%5d', '%-5d|', '%05d', '%+d', '% d', '%x', '%o', '%i', '%c')}' % ({e('int')} % 999 | abs)", lambda: f"'{self.pick('%.2f', '%8.3f', '%e', '%g', '%.3g', '%F', '%+.1f', '%08.2f', '%d', '%s')}' % {self.fitting()}",
            lambda: f"'{self.pick('{}', '{:>6}', '{!r}', '<{:^9}>', '{0}{0}')}'.format({e('text')})", lambda: f"'{self.pick('{:d}', '{:05d}', '{:,}', '{:+}', '{:x}', '{:#x}', '{:>8}', '{:<8}|', '{:*^9}', '{:b}', '{:.1f}', '{:_}')}'.format({e('int')})",
            lambda: f"'{self.pick('{:.2f}', '{:10.3f}', '{:,.2f}', '{:e}', '{:.1%}', '{:g}', '{}', '{:012.4f}')}'.format({self.fitting()})", lambda: f"'{{a}}-{{b[0]}}-{{c.name}}'.format(a={e('any')}, b=[{e('int')}], c={{'name': {e('text')}}})",
            lambda: f"({lit('%s-%s')} | format({e('any')}, {e('any')}))", lambda: f"'%(k)s' % {{'k': {e('any')}}}", lambda: f"({e('text')} if {e('bool')} else {e('text')})", lambda: f"({e('text')} if {e('bool')})",
            lambda: f"(({e('any')}) | string)", lambda: f"({e('undefined')} | default({e('text')}))", lambda: f"({e('any')} | default({e('text')}, true))", lambda: f"({e('texts')} | {self.pick('first', 'last')} | default(''))",
            lambda: f"probe({e('any')}, key={e('any')})", lambda: f"probe(*{e('list')}, **{{'b': {e('int')}}})", lambda: f"({e('text')} or {e('text')})", lambda: f"{e('text')}.split({self.pick('', lit(','), lit('_'))})[0]",
            lambda: f"{e('text')}.{self.pick('removeprefix', 'removesuffix')}({lit(self.pick('a', 'c', 'or'))})", lambda: f"({e('text')} | list | join('.'))", lambda: f"({e('texts')} | sort | join(','))" if self.chance(0.5) else f"({e('words_') if False else 'words'} | unique | join(','))",
            lambda: f"loop.cycle('p', 'q', 'r')" if self.loops else "'no loop'")()

    def fitting(self):
        """A number that prints in any way without giant digits."""
        return self.pick(repr(round(self.random.uniform(-1000, 1000), 4)), str(self.random.randint(-99, 9999)), "i", "1.5", "-0.125")

    def slice(self):
        part = lambda: self.pick("", "", str(self.random.randint(-4, 5)))
        return self.pick(f"{part()}:{part()}", f"{part()}:{part()}:{self.pick('', '1', '2', '-1', '-2')}")

    def make_ints(self):
        e = self.expr
        return self.pick(
            lambda: f"[{', '.join(e('int') for _ in range(self.random.randint(0, 3)))}]", lambda: f"({e('ints')} + {e('ints')})", lambda: f"({e('ints', True)})[{self.slice()}]",
            lambda: f"(range({self.pick(str(self.random.randint(0, 6)), '1, 8, 2', '5, 0, -1', 'ints | length')}) | list)", lambda: f"({e('ints')} | sort{self.pick('', '(reverse=true)', '(true)')})",
            lambda: f"({e('ints')} | {self.pick('select', 'reject')}('{self.pick('odd', 'even')}') | list)", lambda: f"({e('ints')} | select('{self.pick('gt', '>', 'lessthan', 'ne', '<=')}', {e('int')}) | list)",
            lambda: f"({e('ints')} | unique | list)", lambda: f"({e('ints')} | reverse | list)", lambda: f"({e('rows')} | map(attribute='age') | list)", lambda: f"(counts.values() | list)",
            lambda: f"({e('ints')} | map('abs') | list)", lambda: f"({e('ints')} * 2)", lambda: f"({e('texts')} | map('length') | list)")()

    def make_texts(self):
        e = self.expr
        return self.pick(
            lambda: f"[{', '.join(e('text') for _ in range(self.random.randint(0, 3)))}]", lambda: f"{e('text')}.split({self.pick('', self.literal('_'), self.literal(','), self.literal('X') + ', 1')})",
            lambda: f"{e('text')}.rsplit({self.pick('none, 1', self.literal('_') + ', 1', '')})", lambda: f"({e('texts')} | map('{self.pick('upper', 'trim', 'title', 'capitalize')}') | list)", lambda: f"({e('texts')} + {e('texts')})",
            lambda: f"(words | sort{self.pick('', '(reverse=true)', '(case_sensitive=true)')})", lambda: f"(words | unique{self.pick('', '(true)')} | list)", lambda: "(counts.keys() | list)", lambda: "(counts | list)",
            lambda: f"({e('rows')} | map(attribute='name') | list)", lambda: f"{e('text')}.splitlines()", lambda: f"({e('texts')} | map('replace', 'a', 'b') | list)", lambda: f"({e('text')} | list)",
            lambda: f"({e('texts')} | reject('equalto', 'a') | list)", lambda: f"({e('texts', True)})[{self.slice()}]", lambda: f"({e('rows')} | map(attribute='tags.0') | list)", lambda: f"({e('texts')} | select | list)")()

    def make_list(self):
        return self.pick(lambda: self.expr("ints"), lambda: self.expr("texts"), lambda: f"({self.expr('ints')} | batch({self.pick('2', '3, 0')}) | list)", lambda: f"({self.expr('ints')} | slice({self.pick('2', '3, 9')}) | list)",
                         lambda: f"[{', '.join(self.expr('any') for _ in range(self.random.randint(0, 3)))}]", lambda: self.expr("pairs"))()

    def make_pairs(self):
        return self.pick(lambda: f"(counts | dictsort{self.pick('', '(by=value_)', '(reverse=true)', '(true)')})", lambda: "(counts.items() | list)", lambda: "(counts | items | list)", lambda: "(rows | groupby('age') | list)" if self.chance(0.3) else "pairs",
                         lambda: f"[({self.expr('text')}, {self.expr('any')})]")()

    def make_rows(self):
        return self.pick(f"(rows | sort(attribute='{self.pick('age', 'name', 'age,name', 'name,age')}'))", f"(rows | selectattr('age', '{self.pick('gt', 'eq', '<')}', {self.random.randint(1, 5)}) | list)",
                         f"(rows | rejectattr('name', 'in', ['Ann', 'x']) | list)", "(rows | selectattr('tags') | list)", f"rows[{self.slice()}]", "(rows | unique(attribute='name') | list)", "(rows | sort(attribute='name', reverse=true))")

    def make_dict(self):
        e = self.expr
        return self.pick(lambda: "{" + ", ".join(f"{self.pick(self.literal(self.pick('a', 'b')), e('text', True), e('int', True))}: {e('any')}" for _ in range(self.random.randint(0, 3))) + "}", lambda: f"dict(a={e('any')}, b={e('any')})", lambda: f"dict({e('dict')}, c={e('any')})", lambda: f"dict({self.pick('pairs', 'counts')})",
                         lambda: f"{e('dict')}.copy()")()

    def make_any(self):
        return self.expr(self.pick("int", "text", "float", "bool", "ints", "texts", "dict", "none", "list"))

    def make_undefined(self):
        return self.leaf("undefined")

    # --- statements

    def template(self):
        body = self.body(top=True)
        return self.globals(), body + self.pick("", "\n", "\n\n", "  ")

    def body(self, top=False):
        self.depth += 1
        try:
            return "".join(self.statement() for _ in range(self.random.randint(2, 7) if top else self.random.randint(1, 3)))
        finally:
            self.depth -= 1

    def data(self):
        return self.pick("select ", "\n", "  \n  ", ", ", "from x\n", " ", "\n\n", "-- c\r\n", "{ not }", "a % b", "é ", "'q'", "#")

    def tag(self, text):
        return "{%" + self.pick("", "", "", "-", "+") + self.pick(" ", " ", "\n  ") + text + " " + self.pick("", "", "", "-", "+") + "%}"

    def printed(self, text):
        return "{{" + self.pick(" ", " ", "- ", "+ " if not text.startswith(("+", "-")) and self.chance(0) else " ") + text + self.pick(" ", " ", " -") + "}}"

    def statement(self):
        if self.depth > 3:
            return self.pick(self.data, lambda: self.printed(self.expr("any")))()
        return self.pick(self.data, lambda: self.printed(self.expr("any")), lambda: self.printed(self.expr("text")), self.a_set, self.a_for, self.an_if, self.other)()

    def a_set(self):
        kind = self.pick("int", "text", "ints", "texts", "bool")
        name = self.pick("v1", "v2", "v3", *self.names_of(kind)[:2])
        before = self.expr(kind)
        if self.depth <= 2 and not self.loops:
            self.known[name] = kind
        if self.chance(0.15):
            return self.tag(f"set a1, b1 = {before}, {self.expr('any')}") + self.printed("a1 ~ b1")
        if self.chance(0.15):
            text = self.tag(f"set v4{self.pick('', ' | upper', ' | trim | length', REPLACED)}") + self.body() + self.tag("endset")
            return text + self.printed("v4")
        return self.tag(f"set {name} = {before}") + self.printed(name)

    def an_if(self):
        text = self.tag("if " + self.expr(self.pick("bool", "any", "undefined", "bool"))) + self.body()
        while self.chance(0.3):
            text += self.tag("elif " + self.expr("bool")) + self.body()
        if self.chance(0.5):
            text += self.tag("else") + self.body()
        return text + self.tag("endif")

    LOOP = ["loop.index", "loop.index0", "loop.first", "loop.last", "loop.length", "loop.revindex", "loop.revindex0", "loop.previtem", "loop.nextitem", "loop.depth", "loop.changed(it)", "loop.cycle('a', 'b')",
            "',' if not loop.last", "it", "it ~ ''"]

    def a_for(self):
        self.loops += 1
        try:
            kind = self.pick("ints", "texts", "list", "pairs", "text", "dict", "rows", "undefined")
            source = self.expr(kind)
            target = "it"
            if kind == "pairs" and self.chance(0.7):
                target, uses = "key, it", ["key", "it", "key ~ it"]
            elif kind == "rows":
                uses = ["it.name", "it['age']", "it.tags | join", "it.missing", "it.age + 1"]
            else:
                uses = ["it"]
            source = self.pick(source, source, f"{source} | {self.pick('reverse', 'list', 'unique')}") if kind in ("ints", "texts") else source
            condition = self.pick("", "", "", f" if it {self.pick('!= 2', 'is defined', 'is string', '', 'not in [1, 3]')}", f" if {self.expr('bool')}")
            if condition == " if it ":
                condition = " if it"
            inner = "".join(self.printed(self.pick(*uses, *self.LOOP)) for _ in range(self.random.randint(1, 3)))
            extra = self.pick("", "", self.body(), self.tag("set acc = acc | default(0) + 1") + self.printed("acc"), self.tag("if loop.index > 2") + self.tag(self.pick("break", "continue")) + self.tag("endif"),
                              self.tag("do seen.append(it | string)") + self.printed("seen | length"))
            start = self.tag("set seen = []") if "seen" in extra else ""
            text = start + self.tag(f"for {target} in {source}{condition}") + self.pick(inner + extra, extra + inner)
            if self.chance(0.25):
                text += self.tag("else") + self.body()
            return text + self.tag("endfor") + (self.printed("seen") if start else "")
        finally:
            self.loops -= 1

    def other(self):
        e = self.expr
        return self.pick(
            lambda: "{#" + self.pick("", "-") + self.pick(" note ", " {{ x }} ", "\n{% if %}\n") + self.pick("", "-") + "#}",
            lambda: self.pick("{% raw %}", "{%- raw -%}", "{% raw -%}") + self.pick(" {{ raw }} ", "\n{% if %}\n", "") + self.pick("{% endraw %}", "{%- endraw -%}", "{%- endraw +%}"),
            lambda: self.tag(f"with w = {e('any')}, u = {e('int')}") + self.printed("w") + self.printed("u + 1") + self.tag("endwith"),
            lambda: self.tag(f"filter {self.pick('upper', 'trim', 'replace(space, lowline)', 'lower | title', 'indent(2)')}") + self.body() + self.tag("endfilter"),
            lambda: self.tag(f"set ns = namespace(total={e('int')}, seen=[])") + self.tag(f"for it in {e('ints')}") + self.tag("set ns.total = ns.total + it") + self.tag("do ns.seen.append(it)") + self.tag("endfor") + self.printed("ns.total") + self.printed("ns.seen"),
            lambda: self.tag(f"set l = {e('ints')}") + self.tag("set l = l | list") + self.tag(f"do l.{self.pick('append(5)', 'extend([1, 2])', 'insert(0, 9)', 'reverse()', 'sort()', 'clear()', 'append([1])', 'sort(reverse=true)')}") + self.printed("l"),
            lambda: self.tag(f"set d = {e('dict')}") + self.tag(f"do d.{self.pick('update(a=1)', 'update({1: 2})', 'setdefault(letter, 3)', 'pop(letter, 0)', 'clear()')}") + self.printed("d") + self.printed(self.pick("d.a", "d['a']", "d.get('a')", "d.items()", "d.keys() | list", "d | length", "d.values()", "'a' in d", "d == {}")),
            lambda: self.tag(f"print {e('any')}, {e('int')}"),
            lambda: self.tag(f"for k in range({self.random.randint(0, 4)})") + self.tag("set outer = loop") + self.tag("for j in range(2)") + self.printed("outer.index ~ loop.index ~ k ~ j") + self.tag("endfor") + self.tag("endfor"),
            lambda: self.tag(f"for g in rows | groupby('{self.pick('name', 'age')}')") + self.printed("g.grouper") + self.printed("g.list | length") + self.printed("g[0]") + self.tag("endfor"))()


def i_(name):
    return name
