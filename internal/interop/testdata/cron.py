"""Have the real croniter judge cron expressions and compute their next times: cron.py CASES OUTPUT

CASES has a JSON object per line: an expression, the time to start from (after, seconds since 1970), whether days of the
month and of the week are alternatives (day_or), and the number that random fields draw. OUTPUT gets a line for each:
{"refused": reason}, or {"times": [...]} with the next ten times in seconds, with "ends": reason where there are fewer.
"""

import json
import sys

from croniter import croniter


def answer(case):
    module = sys.modules[croniter.__module__]
    module.random.randint = lambda *_: case["draw"]
    try:
        if not croniter.is_valid(case["expression"]):
            return {"refused": "is_valid"}
        cron = croniter(case["expression"], case["after"], day_or=case["day_or"])
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    times = []
    try:
        for _ in range(10):
            times.append(int(cron.get_next(float)))
    except Exception as error:
        return {"times": times, "ends": f"{type(error).__name__}: {error}"}
    return {"times": times}


def main():
    with open(sys.argv[1], encoding="utf-8") as cases, open(sys.argv[2], "w", encoding="utf-8") as output:
        for line in cases:
            json.dump(answer(json.loads(line)), output)
            output.write("\n")


if __name__ == "__main__":
    main()
