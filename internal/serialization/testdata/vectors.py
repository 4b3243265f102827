"""Write vectors.json: what Python makes of JSON texts, for TestPythonVectors.

Usage, in this directory, with any Python from 3.8 on:  python3 vectors.py > vectors.json
"""
import hashlib
import json
import random
import sys

getattr(sys, "set_int_max_str_digits", lambda _: None)(0)
random.seed(20260101)

TEXTS = [
    "null", "true", "false", "NaN", "Infinity", "-Infinity", "[NaN, -Infinity, Infinity]",
    "0", "-0", "0.0", "-0.0", "1", "1.0", "1e0", "1E0", "1e5", "1E+5", "1e-5", "1e15", "1e16", "1e17", "1e22", "1e23",
    "9999999999999998.0", "9999999999999999.0", "0.0001", "0.00001", "0.00012345", "0.1", "0.30000000000000004",
    "123456789012345680000.0", "1.7976931348623157e308", "1e309", "-1e400", "5e-324", "2.2250738585072014e-308",
    "1e-400", "-0e0", "-0E-5", "100000000000000000000000000000000000000", "-" + "9" * 60, "1" + "0" * 5000,
    "3.141592653589793238462643383279", "2.5e-7", "1234567.891", "4.35", "0.000001", "1e21", "123e-2", "5e3",
    "9007199254740993", "9007199254740993.0", "18446744073709551616", "-9223372036854775809",
    '""', r'"\u0000\u001f\u007f\u0080\u00ff\u0100\u2028\u2029\uffff"', r'"\ud83d\ude00"', r'"\uD83D\uDE00"',
    r'"\ud83d"', r'"\ude00\ud83d"', r'"\ud83d\ud83d\ude00"', r'"\ud83d\u0041"', '"\U0001f600\u6f22\u5b57\u00e9"',
    r'"\b\f\n\r\t\"\\\/"', '"<>&\u2028/"', '"\x7f"',
    '{"b": 1, "a": 2, "a": 3}', '{"a": {"x": 1}, "a": {"y": 2}}',
    r'{"\ud83d\ude00": 1, "\uffff": 2, "z": 3, "\ud800": 4, "\ue000": 5, "Z": 6, "": 7, "\u00e9": 8, "_": 9}',
    '{"a": [1, [2, [3, {"b": []}]]], "c": {}}', ' \t\r\n[ 1 , 2 ]\n', '[[[[[[]]]]]]', '{"": {"": {"": null}}}',
    '{"1": 1, "10": 2, "2": 3, "a b": 4, "A": 5}', "[" * 200 + "]" * 200,
    # refused
    "", " ", "[1,]", "{\"a\":1,}", "01", "-01", "1.", ".5", "+1", "1e", "1e+", "-", "- 1", "0x10", "1_000", "tru", "nul",
    "-NaN", "+Infinity", "Inf", "nan", "'a'", '"\t"', '"\n"', r'"\x41"', r'"\u00e"', r'"\u+123"', r'"\u 123"', '"a', '"\\',
    '"\\u', "[1 2]", "[1", "{", "{1: 2}", '{"a" 1}', '{"a":}', "[1] x", "\u00a0[1]", "// c\n1", "{a: 1}", "]", ",",
    '{"a": 1 "b": 2}', "[,1]", "1 1", "True", "None",
]

ALPHABET = ["a", "Z", "0", " ", "\"", "\\", "/", "\n", "\x00", "\x1f", "\x7f", "\x80", "\u00e9", "\u2028", "\ud800",
            "\udfff", "\ue000", "\uffff", "\U00010000", "\U0001f600", "\U0010ffff", "<", "&"]


def text():
    return "".join(random.choice(ALPHABET) for _ in range(random.randrange(8)))


def number():
    choice = random.randrange(5)
    if choice == 0:
        return random.randrange(-10**random.randrange(1, 40), 10**random.randrange(1, 40))
    if choice == 1:
        return random.uniform(-1, 1) * 10 ** random.randrange(-330, 309)
    if choice == 2:
        return float(random.randrange(-10**18, 10**18))
    if choice == 3:
        return random.randrange(1, 10**6) / 10 ** random.randrange(0, 12)
    return random.choice([float("nan"), float("inf"), -0.0, 0, 1e16, 1e-4])


def value(depth):
    choice = random.randrange(6 if depth else 4)
    if choice == 0:
        return random.choice([None, True, False])
    if choice == 1:
        return text()
    if choice in (2, 3):
        return number()
    if choice == 4:
        return [value(depth - 1) for _ in range(random.randrange(5))]
    return {text(): value(depth - 1) for _ in range(random.randrange(5))}


def vector(source):
    try:
        output = json.dumps(json.loads(source), sort_keys=True)
    except ValueError as error:
        return {"input": source, "error": str(error)}
    return {"input": source, "output": output, "key": hashlib.sha256(output.encode()).hexdigest()}


def main():
    vectors = [vector(source) for source in TEXTS]
    for _ in range(150):
        vectors.append(vector(json.dumps(value(4), indent=random.choice([None, 1]))))
    for _ in range(150):
        mantissa, exponent = random.randrange(10**random.randrange(1, 22)), random.randrange(-340, 330)
        vectors.append(vector("%s%d.%de%+d" % (random.choice(["", "-"]), mantissa, random.randrange(10**9), exponent)))
    json.dump(vectors, sys.stdout, indent=1)
    print()


main()
