'', "", '''''', """"""
'it"s', "it's", '\'', "\""
'''it's
two lines "quoted" ''', """a "b" 'c' \""""
'a' "b" '''c'''
('a'
 'b')
r'\n', R'\'', r"\"", r'\\'
b'abc\x00\xff\377', rb'\x00', br'\x', Rb'', bR'', B'a' b'b'
b'\u1234\N'
u'unicode', U"x"
'\a\b\f\n\r\t\v\\\0\7\77\377\x41\u00e9\U0001F40D'
'\8\q\ \
joined'
'tab	inside é ß 漢 🐍'
'\x7f\x80\xff'
f'', F"", rf'', fR'', f'''''', f"""a"""
f'{x}', f'a{x}b{y}c', f'{x}{y}'
f'{{', f'}}', f'{{}}', f'{{{x}}}', f'a{{b}}c{x}'
f'{x!r}', f'{x!s:5}', f'{x!a}', f'{x:>10}', f'{x:{w}}', f'{x:{w}.{p}f}', f'{x!r:{w}>{p}}'
f'{x + 1}', f'{x, y}', f'{x,}', f'{ {1, 2} }', f'{ {1: 2}[1] }', f'{[1, 2][0:1]}', f'{a[b:c]:5}'
f'{x if y else z}', f'{(lambda a: a)(1)}', f'{f(a=1)}', f'{x != y}', f'{x == y}', f'{x <= y!r}'
f'{"nested"}', f"{'a' 'b'}", f"{f'{x:2}'!r:>5}", f'''{"a"}
{x
 + 1}'''
f'{(x:=5)}', f'{x:=5}', f'{x:=^5}'
'a' f'{x}' 'b', f'{x}' r'\n' f'\n', 'a' f'b' 'c'
rf'\d{x}\n', f'\n{x}\t\x41\u00e9', f'\\{x}', f"\'{x}\""
f'{*a, b}', f'{yield_}', f'{x:%H:%M}', f'{x:,}', f'{x:!r}'
f'{x:{"a"}}', f'{x:{y!r}}'
