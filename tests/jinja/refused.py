"""What docs/jinja.md leaves out, or what is no template at all: each must be an error with file, line and column."""

TAGS = [
    # macros and other templates
    "{% macro m() %}x{% endmacro %}", "{% macro m(a, b=1) -%}{{ a }}{%- endmacro %}{{ m(1) }}", "{%- macro m() -%}{%- endmacro -%}",
    "{% if n %}{% macro m() %}{% endmacro %}{% endif %}", "{% for i in items %}{% macro m() %}{% endmacro %}{% endfor %}", "{% if false %}{% macro m() %}{% endmacro %}{% endif %}",
    "{% call m() %}x{% endcall %}", "{% call(a) m() %}{{ a }}{% endcall %}", "{% call statement('x') %}select 1{% endcall %}", "{% call n %}{% endcall %}",
    "{% include 'a.sql' %}", "{% include 'a.sql' ignore missing %}", "{% include ['a', 'b'] %}", "{% include 'a' without context %}", "{% include n %}",
    "{% import 'a' as a %}", "{% import 'a' as a with context %}", "{% from 'a' import b %}", "{% from 'a' import b as c, d %}", "{% from 'a' import b with context %}",
    "{% extends 'base' %}", "{% extends base %}{% block x %}{% endblock %}", "{% block x %}{% endblock %}", "{% block x scoped %}y{% endblock x %}", "{% block x required %}{% endblock %}",
    "{% autoescape true %}{{ s }}{% endautoescape %}", "{% autoescape false %}{% endautoescape %}",
    # dbt's own
    "{% materialization m, default %}{% endmaterialization %}", "{% materialization m, adapter='duckdb' %}{% endmaterialization %}", "{% snapshot s %}select 1{% endsnapshot %}",
    "{% test t(model) %}select 1{% endtest %}", "{% data_test t(model) %}{% enddata_test %}", "{% docs d %}x{% enddocs %}", "{% docs %}{% enddocs %}", "{% statement %}{% endstatement %}",
    # Jinja2's extensions that dbt does not have, other engines' tags
    "{% trans %}x{% endtrans %}", "{% trans count=n %}a{% pluralize %}b{% endtrans %}", "{% debug %}", "{% assign x = 1 %}", "{% capture x %}{% endcapture %}", "{% case n %}{% when 1 %}{% endcase %}",
    "{% unless n %}{% endunless %}", "{% while n %}{% endwhile %}", "{% spaceless %}{% endspaceless %}", "{% comment %}{% endcomment %}", "{% verbatim %}{% endverbatim %}", "{% load x %}", "{% url 'x' %}",
    "{% return(1) %}", "{% return 1 %}", "{% let x = 1 %}", "{% try %}{% endtry %}", "{% switch n %}{% endswitch %}", "{% yield %}", "{% import a %}", "{% raw x %}{% endraw %}", "{% IF n %}{% ENDIF %}",
    # tags that nothing closes or opens
    "{% if n %}", "{% if n %}{% else %}", "{% if n %}{% elif s %}", "{% for i in items %}", "{% for i in items %}{% else %}", "{% set x %}", "{% filter upper %}", "{% with a = 1 %}", "{% raw %}", "{% raw %}{% endraw",
    "{% endif %}", "{% endfor %}", "{% endset %}", "{% endfilter %}", "{% endwith %}", "{% endraw %}", "{% else %}", "{% elif n %}", "{% endmacro %}", "{% if n %}{% endfor %}", "{% for i in items %}{% endif %}",
    "{% if n %}{% for i in items %}{% endif %}{% endfor %}", "{% if n %}{% else %}{% else %}{% endif %}", "{% if n %}{% else %}{% elif s %}{% endif %}", "{% set x %}{% endif %}{% endset %}",
    "{{", "{%", "{#", "{{ n", "{% if n", "{# note", "{{ n }", "{{ n %}", "{% if n }}{% endif %}", "{{ '", "{{ \"x }}", "{{ n }} {{", "{% set x = 1", "{{ 'a\n", "{#- x", "{{ (n }}", "{{ [n }}", "{{ {1: n }}", "{{ n) }}", "{{ n] }}",
    "{{ (n] }}", "{{ [n) }}", "{{ {n) }}", "{{ f(n] }}",
    # loops
    "{% for i in items recursive %}{% endfor %}", "{% for i in items if i recursive %}{{ loop(items) }}{% endfor %}", "{% for i in items %}{{ loop(items) }}{% endfor %}", "{% for loop in items %}{% endfor %}",
    "{% for a, loop in items %}{% endfor %}", "{% for i in items %}{% set loop = 1 %}{% endfor %}", "{% for %}{% endfor %}", "{% for i %}{% endfor %}", "{% for i in %}{% endfor %}", "{% for in items %}{% endfor %}",
    "{% for i of items %}{% endfor %}", "{% for 1 in items %}{% endfor %}", "{% for 'a' in items %}{% endfor %}", "{% for i.a in items %}{% endfor %}", "{% for i[0] in items %}{% endfor %}", "{% for i + 1 in items %}{% endfor %}",
    "{% for true in items %}{% endfor %}", "{% for none in items %}{% endfor %}", "{% for i in items if %}{% endfor %}", "{% for i in n %}{% endfor %}", "{% for i in none %}{% endfor %}", "{% for i in 1.5 %}{% endfor %}",
    "{% for a, b in items %}{% endfor %}", "{% for a, b in [(1, 2, 3)] %}{% endfor %}", "{% for a, b in ['x'] %}{% endfor %}", "{% for k, v in d %}{{ k }}{% endfor %}", "{% break %}", "{% continue %}", "{% if n %}{% break %}{% endif %}",
    "{% for i in items %}{% endfor %}{% break %}", "{% for i in items %}{% else %}{% break %}{% endfor %}", "{% for i in items %}{{ loop }}{% endfor %}", "{% for i in items %}{{ loop.cycle() }}{% endfor %}",
    "{% set ns = namespace() %}{% for i in items %}{% set ns.l = loop %}{% break %}{% endfor %}{{ ns.l.nextitem }}", "{% for i in d %}{% do d.update({i ~ 'x': 1}) %}{% endfor %}", "{% for i in range(3) %}{{ loop.length() }}{% endfor %}",
    # set, with, do, filter, print
    "{% set %}", "{% set x = %}", "{% set = 1 %}", "{% set 1 = x %}", "{% set x.y = 1 %}", "{% set n.y = 1 %}", "{% set d.y = 1 %}", "{% set d['y'] = 1 %}", "{% set items[0] = 1 %}", "{% set x, y = 1 %}", "{% set x, y = 1, 2, 3 %}",
    "{% set x, y = items %}", "{% set true = 1 %}", "{% set None = 1 %}", "{% set x + 1 = 2 %}", "{% set x = 1 2 %}", "{% set x = 1; %}", "{% set 'x' = 1 %}", "{% set f() = 1 %}", "{% set x == 1 %}", "{% set x := 1 %}", "{% set x += 1 %}",
    "{% set x | nofilter %}{% endset %}", "{% set (x, y) = 1 %}", "{% do %}", "{% do 1 2 %}", "{% do x = 1 %}", "{% do missing.append(1) %}", "{% do items.push(1) %}", "{% filter %}x{% endfilter %}", "{% filter nofilter %}x{% endfilter %}", "{% filter 1 %}{% endfilter %}", "{% filter length %}x{% endfilter %}", "{% filter list %}x{% endfilter %}",
    "{% filter upper() lower %}{% endfilter %}", "{% with a %}{% endwith %}", "{% with a = %}{% endwith %}", "{% with 1 = a %}{% endwith %}", "{% with a = 1 b = 2 %}{% endwith %}", "{% print 1 2 %}", "{% print , %}", "{% %}", "{%%}", "{% 1 %}", "{% 'if' %}", "{% if %}{% endif %}",
    "{% if n = 1 %}{% endif %}", "{% if n %}x{% endif n %}", "{% if n then %}{% endif %}", "{% elif %}", "{% if not %}{% endif %}", "{% if n and %}{% endif %}",
]

EXPRESSIONS = [
    # no expressions
    "", "+", "1 +", "* 1", "1 2", "a b", "n n", "1 if", "1 if n else", "if n", "n if else 1", "not", "n not", "n and", "or n", "n is", "n is not", "n in", "n not in", "in items", "n ==", "== n", "n = 1", "n := 1", "n != ", "n <> 1", "n === 1", "n && s", "n || s", "!n", "n ? 1 : 2",
    "n++", "--", "n ** ", "n //", "n %", "~ n", "n ~", "n |", "| upper", "n | | upper", "n |> upper", "n | 1", "n | 'upper'", "n.", "n..a", ".n", "n.'a'", "n.[0]", "n[", "n[]", "n[1", "n[1:2:3:4]", "d[1, 2]", "d[1:2, 3]", "items[::0]", "f(", "probe(1 2)", "probe(,)", "probe(1,,2)",
    "probe(a=1, 2)", "probe(a=1, a=2)", "probe(**d, 1)", "probe(*items, *items)", "probe(**d, **d)", "probe(**d, a=1)", "probe(*items, 1)", "probe(1=2)", "probe('a'=2)", "probe(a.b=2)", "probe(*n)", "probe(**n)", "probe(**items)", "probe(*)", "probe(**)", "probe(a=)", "probe(**{1: 2})", "probe(a=1, **{'a': 2})",
    "[1, 2", "[1 2]", "[,]", "[1,,2]", "{1}", "{1: 2,,}", "{1: }", "{: 1}", "{'a' 1}", "{**d}", "[*items]", "(1, 2", "(,)", "()()", "{'a': 1", "{a}", "{1, 2}", "[i for i in items]", "(i for i in items)", "{i: i for i in items}", "lambda x: x", "x = 1", "items[0", "a; b", "a : b", "1:2", ":",
    "1.", "1e", "1_", "1__0", "_1.5.5", "0x", "0xg", "0b2", "0o8", "1a", "9223372036854775808", "99999999999999999999", "0xffffffffffffffffff", "9223372036854775807 + 1", "-9223372036854775807 - 2", "2 ** 64", "3037000500 * 3037000500", "10 ** 19", "9223372036854775807 * 2", "[9223372036854775807, 1] | sum",
    "'\\x4'", "'\\xzz'", "'\\u12'", "'\\U00110000'", "'\\N{BULLET}'", "'\\ud800'", "'\\é'", "é", "naïve", "名", "n é", "$n", "@n", "n $ s", "`n`", "n\\", "#", "n # s", "{n}", "f'{n}'", "b'x'", "r'x'", "u'x'", "1j", "...", "n...s", "n -> s", "n => s", "?", "n?.s", "^", "n ^ s", "n & s", "&", "n << 1", "n >> 1", "~", "'a' 'b", "None()", "True()",
    # Python's own
    "s.__class__", "s['__class__']", "n.__class__", "items.__len__()", "''.__class__.__mro__", "d.__dict__", "probe.__globals__", "probe.__name__", "range.__doc__", "none.__class__", "s | attr('__class__')", "items | map(attribute='__class__') | list", "'{0.__class__}'.format(s)", "'{0[__class__]}'.format(s)", "namespace().__dict__",
    "import os", "open('x')", "eval('1')", "exec('1')", "print(n)", "len(items)", "str(n)", "int('1')", "float('1')", "list(items)", "sum(items)", "max(items)", "min(items)", "sorted(items)", "zip(items, items)", "enumerate(items)", "isinstance(n, int)", "type(n)", "abs(n)", "any(items)", "all(items)", "map(n, items)", "filter(n, items)", "set(items)", "tuple(items)",
    "bool(n)", "repr(n)", "round(1.5)", "reversed(items)", "input()", "globals()", "locals()", "vars()", "getattr(s, 'x')", "hasattr(s, 'x')", "iter(items)", "next(items)", "chr(1)", "ord('a')", "hex(1)", "self", "self.x()", "super()", "caller()", "varargs()", "kwargs()", "cycler('a', 'b')", "joiner(', ')", "lipsum()", "cycler", "joiner", "lipsum",
    # what is undefined
    "missing.x", "missing['x']", "missing[0]", "missing()", "missing.x.y", "missing + 1", "1 + missing", "missing ~ missing.x", "-missing", "+missing", "missing * 2", "missing / 2", "missing // 2", "missing % 2", "missing ** 2", "missing < 1", "missing > 1", "1 <= missing", "missing >= missing", "d.x.y", "d['x']['y']", "d.x()", "s.nothing()", "s.x.y", "items[9].x",
    "n.x.y", "none.x.y", "missing | int", "missing | float", "missing | abs", "missing | round", "missing | dictsort", "missing | indent", "missing is odd", "missing is divisibleby 2", "range(missing)", "missing[1:]", "items[missing:]", "dbt_utils.star('x')", "dbt.type_string()", "adapter.dispatch('x')()", "run_query('x')", "dict(missing)", "d.update(missing)", "[1, missing] | sum", "[1, missing] | sort",
    # kinds that do not go together
    "1 + 'a'", "'a' + 1", "'a' + none", "[1] + (2,)", "[1] + 1", "d + d", "none + 1", "'a' - 'b'", "'a' * 'b'", "'a' * 1.5", "[1] * none", "'a' / 2", "'a' // 2", "[1] % 2", "d * 2", "none ** 2", "-'a'", "+'a'", "-none", "-[1]", "1 < 'a'", "'a' < 1", "none < 1", "none < none", "[1] < (1,)", "[1] < 1", "d < d", "['a', 1] | sort", "[none, 1] | sort", "[1, 'a'] | max", "items < n",
    "1 in 2", "1 in none", "1 in 'a'", "none in 'abc'", "[1] in 'a'", "1 / 0", "1 // 0", "1 % 0", "1.0 / 0", "1.5 // 0", "1.5 % 0", "0 ** -1", "0.0 ** -1", "(-8) ** 0.5", "(-8.0) ** 0.5", "10.0 ** 400", "1e308 ** 2", "{[1]: 2}", "{{}: 2}", "{'a': 1}[[1]].x", "n()", "s()", "items()", "d()", "none()", "1.5()", "'a'()", "(1)()", "true()", "s.upper()()", "n[1:]", "none[1:]", "d[1:]", "1.5[::2]",
    "items['a':]", "items[1.5:]", "s['a':]", "items[::'x']", "[[1]] | unique | list", "items.keys()[0].x", "d.keys() == d.keys()", "d.items() == d.items()",
    # calls
    "range()", "range(1, 2, 3, 4)", "range('a')", "range(1.5)", "range(1, 2, 0)", "range(100001)", "range(1000000000)", "range(stop=3)", "dict(1)", "dict([1])", "dict([(1, 2, 3)])", "dict(d, d)", "namespace(1)", "namespace([1])", "dict(none)", "dict('ab')", "range(3) | join(1, 2, 3)", "range(3)[1:]", "range", "dict", "namespace", "range(3).start", "range(3).count(1)",
    # methods
    "s.encode()", "s.casefold()", "s.translate({})", "s.maketrans('a', 'b')", "s.expandtabs()", "s.format_map(d)", "s.isidentifier()", "s.isprintable()", "s.istitle()", "s.encode('utf8').decode()", "s.upper(1)", "s.upper(x=1)", "s.split(1)", "s.split('')", "s.split(',', 'x')", "s.split(',', 1, 2)", "s.join(1)", "s.join([1])", "s.join([none])", "s.join()", "s.replace('a')", "s.replace('a', 1)", "s.replace()",
    "s.replace(old='a', new='b')", "s.find()", "s.find(1)", "s.index('zz')", "s.rindex('zz')", "s.count()", "s.count(1)", "s.startswith(1)", "s.startswith(['a'])", "s.startswith()", "s.endswith((1,))", "s.strip(1)", "s.strip(chars='a')", "s.center()", "s.center('a')", "s.center(9, 'ab')", "s.center(9, '')", "s.ljust(1.5)", "s.zfill('1')", "s.zfill()", "s.partition('')", "s.partition()", "s.removeprefix()", "s.removeprefix(1)",
    "s.splitlines(1, 2)", "s.upper", "s.split", "items.append", "d.items", "d.keys", "[s.upper]", "s.upper ~ ''", "items.append()", "items.append(1, 2)", "items.extend(1)", "items.extend()", "items.insert(1)", "items.insert('a', 1)", "items.pop('a')", "items.pop(99)", "[].pop()", "items.remove(99)", "items.remove()", "items.index(99)", "items.sort(1)", "items.sort(key=s)", "['a', 1].sort()", "items.reverse(1)",
    "items.copy(1)", "items.clear(1)", "items.sort(reversed=true)", "(1, 2).append(3)", "(1, 2).index(3)", "d.get()", "d.get(1, 2, 3)", "d.get([1])", "d.get(key='a')", "d.pop()", "d.pop('zz')", "{}.popitem()", "d.setdefault()", "d.update(1)", "d.update([1])", "d.update([(1, 2, 3)])", "d.update(d, d)", "d.fromkeys([1])", "d.fromkeys", "d.keys(1)", "d.items(1)", "d.values(x=1)", "d.copy(1)", "d.has_key('a')", "d.iteritems()",
    "n.bit_length()", "n.real", "n.to_bytes(2)", "1.5.is_integer()", "(1.5).hex()", "n.imag", "true.real", "(1.5).as_integer_ratio()", "d.keys().isdisjoint([])", "d.items().mapping", "(items | map('string')).send(1)", "(items | map('string')).gi_frame",
    # lists that contain themselves
    "items.append(items)", "items.extend([items])", "items.insert(0, items)", "d.update(x=d)", "d.update({'x': [d]})", "d.setdefault('x', d)", "items.append([[items]])", "items.append({'a': items})", "items.append(items.append)", "items.append(items | map('string'))", "items.append((1, items))", "items.append(d.update(x=items) or d)",
    # filters
    "s | nofilter", "s | uper", "s | Upper", "s | e", "s | escape", "s | forceescape", "s | safe", "s | striptags", "s | urlencode", "s | urlize", "s | wordwrap", "s | xmlattr", "d | tojson", "d | pprint", "items | random", "n | filesizeformat", "d | toyaml", "s | fromjson", "s | hash", "s | md5", "s | b64encode", "s | regex_replace('a', 'b')", "items | zip(items)", "items | flatten", "items | shuffle", "s | split(',')",
    "s | startswith('a')", "items | append(1)", "s | ternary(1, 2)", "s.upper | lower", "s | str.upper", "false and s | nofilter", "(s | nofilter) if false else 1", "items | map", "items | map('nofilter')", "items | map(1)", "items | map(attribute=1.5) | list", "items | map('upper', attribute='a')  | list", "items | map(attr='a')", "items | map(attribute='a', x=1)", "n | map('string') | list", "none | map('string') | list | first | int + 'a'",
    "items | select('notest')", "items | select(1)", "items | selectattr", "items | selectattr()", "rows | selectattr('a', 'notest')", "rows | selectattr('a', 'gt') | list", "rows | selectattr(attribute='a')", "items | select(x=1)", "items | reject('odd', 1) | list", "rows | rejectattr() | list", "n | select | list", "items | map('upper')", "items | select('odd')", "rows | selectattr('a')", "items | unique", "items | batch(2)", "items | slice(2)", "d | items",
    "[items | map('string')]", "(items | map('string')) ~ ''", "items | reverse", "items | batch(0) | list", "items | batch(-1) | list", "items | batch('a') | list", "items | batch", "items | slice(0) | list", "items | slice", "n | list", "none | list", "1.5 | list", "n | length", "none | length", "1.5 | length", "(items | map('string')) | length", "(items | map('string')) | last", "(items | map('string'))[0].x", "n | first", "none | first", "n | last", "n | reverse",
    "none | reverse", "n | sort", "none | sort", "n | sum", "['a', 'b'] | sum", "[[1], [2]] | sum", "['a'] | sum(start='')", "[none] | sum", "n | max", "none | min", "n | join", "none | join", "items | join(',', 1.5)", "n | unique | list", "rows | groupby", "rows | groupby()", "n | groupby('a')", "rows | groupby(1.5)", "[{'a': 1}, {'a': 'x'}] | groupby('a')", "n | dictsort", "items | dictsort", "d | dictsort(by='x')", "{1: 2, 'a': 3} | dictsort", "n | items", "items | items", "s | items",
    "'a' | abs", "none | abs", "items | abs", "'a' | round", "none | round", "1.5 | round(1, 'up')", "1.5 | round('a')", "1.5 | round(1, 'ceil', 3)", "9223372036854775807 | round(-1)", "1e300 | int", "'99999999999999999999' | int", "'1e30' | int", "'inf' | float | int", "n | int('a', 'b')", "n | int(base='x')", "n | float(1, 2)", "n | default(1, 2, 3)", "n | default(x=1)", "n | string(1)", "s | upper(1)", "s | lower(x=1)", "s | replace('a')", "s | replace", "s | replace('a', 'b', 'c')",
    "s | trim(1)", "s | center('a')", "s | truncate(1)", "s | truncate('a')", "s | truncate(5, leeway=-1)", "123456 | truncate(3, leeway=0)", "n | indent", "none | indent", "items | indent", "s | indent(none)", "s | indent(1.5)", "'é' | wordcount", "'ǆ' | upper", "'Σ' | lower", "'ﬁ' | upper", "'Ⅷ' | lower", "'é'.isalpha()", "'٣'.isdigit()", "'%d' | format('a')", "'%s %s' | format(1)", "'%s' | format(1, 2)", "'%(a)s' | format(b=1)", "'%s' | format(1, a=2)",
    "s | attr", "s | attr()", "n | attr(1)", "s | as_text(1)", "items | is_list(1)", "s | count(1)", "s | length(x=1)", "items | first(1)", "items | list(1)", "items | sort(key='a')", "items | sort(attribute=1.5)", "rows | sort(attribute='missing.x')", "items | max(1, 2, 3)", "items | sum(1, 2, 3)", "s | title(1)",
    # tests
    "n is notest", "n is Odd", "n is not notest", "n is odd is even", "n is filter", "'upper' is filter", "'odd' is test", "n is divisibleby", "n is divisibleby 0", "n is divisibleby 'a'", "n is divisibleby(1, 2)", "s is odd", "none is even", "items is odd", "n is eq", "n is gt", "n is gt 'a'", "s is lt 1", "none is ge 1", "n is in", "n is in 1", "n is in none", "n is defined(1)", "n is odd(1)", "n is string 1", "n is sameas", "n is sameas 7", "s is sameas s", "(1, 2) is sameas (1, 2)",
    "'ﬁ' is lower", "n is 1", "n is 'odd'", "n is (odd)", "n is [1]", "n is not", "n is eq(other=1)", "n is ==  1", "n is > 1", "n is starting_with 'a'", "n is match('a')", "false and n is notest",
    # text with % and format
    "'%' % 1", "'%d' % 'a'", "'%d' % none", "'%d' % [1]", "'%x' % 1.5", "'%x' % 'a'", "'%f' % 'a'", "'%c' % 'ab'", "'%c' % -1", "'%c' % 1.5", "'%s %s' % 1", "'%s %s' % (1,)", "'%s' % (1, 2)", "'x' % 1", "'x' % 'a'", "'%(a)s' % 1", "'%(a)s' % (1,)", "'%(a)s' % {'b': 1}", "'%(a' % d", "'%y' % 1", "'%a' % 1", "'%*d' % ('a', 1)", "'%*d' % 1", "'%.' % 1", "'%5' % 1", "'%.9999f' % 1.5", "'%999999999d' % 1", "'%#.3f' % 1.5", "'%5%' % 1", "'%(a)%' % d", "[[]] * 2", "2 * [{}]", "([1],) * 2", "'%b' % 1", "'%d' % 1e300", "'%d' % missing", "'%(a)s' % missing",
    "'{'.format(1)", "'}'.format(1)", "'{}'.format()", "'{} {}'.format(1)", "'{1}'.format(1)", "'{a}'.format(1)", "'{a}'.format(b=1)", "'{} {0}'.format(1)", "'{0} {}'.format(1)", "'{:d}'.format('a')", "'{:s}'.format(1)", "'{:x}'.format(1.5)", "'{:.2f}'.format('a')", "'{:.2}'.format(1)", "'{:5}'.format(none)", "'{:5}'.format([1])", "'{:5}'.format(missing)", "'{:{}}'.format(1, 5)", "'{!a}'.format(1)", "'{!x}'.format(1)", "'{!s5}'.format(1)",
    "'{0.x.y}'.format(d)", "'{0[x][y]}'.format(d)", "'{0[}'.format(d)", "'{0.}'.format(d)", "'{:q}'.format(1)", "'{:n}'.format(1)", "'{:c}'.format(65)", "'{:05,d}'.format(1)", "'{:_x}'.format(1)", "'{:=5}'.format('a')", "'{:,}'.format('a')", "'{:+}'.format('a')", "'{:9999999999}'.format(1)", "'{:.9999f}'.format(1.5)", "'{:.3}'.format(1.5)", "'{:5d5}'.format(1)", "'{a b}'.format(1)", "'{:.}'.format(1.5)",
    # too much of it
    "'a' * 9999999999", "[0] * 9999999999", "'abc' * 9223372036854775807", "'x' | center(9999999999)", "'x'.ljust(999999999999)", "'x'.zfill(9223372036854775807)", "'x' | indent(999999999999)", "('a' * 100000000) * 100", "items | batch(9223372036854775807, 0) | list", "items | slice(9223372036854775807) | list", "('a' * 20000000)", "(('ab' * 1000000) | list) * 100",
    "(" * 300 + "1" + ")" * 300, "[" * 300 + "]" * 300, "-" * 3000 + "1", "not " * 3000 + "1", "1" + " + 1" * 3000, "n" + ".x" * 3000, "n" + "[0]" * 3000, "n" + " | string" * 3000, "probe" + "()" * 3000, "1 if " * 0 + "1 if 1 else " * 3000 + "1", "{'a': " * 300 + "1" + "}" * 300, "s ~ (" * 300 + "s" + ")" * 300, "n" + " and n" * 3000, "n" + " or n" * 3000, "probe(" * 300 + ")" * 300,
    "n" + " is odd" * 2, "1" + " ** 1" * 3000, "'%s' % (" * 300 + "1" + ")" * 300,
]

BOMBS = [
    "{% if 1 %}" * 3000 + "{% endif %}" * 3000,
    "{% for i in items %}" * 300 + "{% endfor %}" * 300,
    "{% filter upper %}" * 300 + "{% endfilter %}" * 300,
    "{% set x %}" * 300 + "{% endset %}" * 300,
    "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "{% for a in range(9999) %}{% for b in range(9999) %}{{ a * b }}{% endfor %}{% endfor %}",
    "{% set l = [1] %}{% for i in l %}{% do l.append(i) %}{% endfor %}",
    "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
    "{% set ns = namespace(l=[]) %}{% for i in range(100) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
    "{% set ns = namespace(l=[]) %}{% for i in range(100) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l == [] or ns.l < ns.l }}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(50000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
    "{% set ns = namespace(l={}) %}{% for i in range(50000) %}{% set ns.l = {'a': ns.l} %}{% endfor %}{{ ns.l }}",
    "{% set ns = namespace(l=(1,)) %}{% for i in range(50000) %}{% set ns.l = (ns.l,) %}{% endfor %}{{ {ns.l: 1} }}",
    "{% set ns = namespace(g=items) %}{% for i in range(50000) %}{% set ns.g = ns.g | map('string') %}{% endfor %}{{ ns.g | list }}",
    "{% set ns = namespace(l=[]) %}{% for i in range(50000) %}{% set ns.l = [ns.l] %}{% endfor %}{% do ns.l.append(ns.l[0]) %}{{ ns.l | string }}",
    "{% set x %}{% for i in range(100000) %}{{ 'abcdefghij' * 1000 }}{% endfor %}{% endset %}",
    "{% for i in range(100000) %}{{ 'abcdefghij' * 1000 }}{% endfor %}",
    "{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{{ s | replace('a', 'b') | length }}{% endfor %}",
    "{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{% if 'b' in s %}{% endif %}{% endfor %}",
    "{% set l = range(100000) | list %}{% for i in range(100000) %}{% do l.insert(0, i) %}{% endfor %}",
    "{% set l = range(100000) | list %}{% for i in range(100000) %}{% do l.sort() %}{% endfor %}",
    "{% set d = {} %}{% for i in range(100000) %}{% do d.update({i: i}) %}{% endfor %}{% for i in range(100000) %}{% do d.pop(i) %}{% endfor %}",
    "{% set s = ('a' * 500000) ~ 'b' %}{{ s.rfind('b' ~ s) }}{% for i in range(1000) %}{{ s.rfind(s ~ 'c') }}{{ s.count('ab') }}{% endfor %}",
]

REFUSED = TAGS + ["{{ " + each + " }}" for each in EXPRESSIONS] + BOMBS
