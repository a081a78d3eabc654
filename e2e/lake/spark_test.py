#!/usr/bin/env python3
"""Asks Spark the lake's questions over the very files that our engine wrote, and compares every row with our answers.

    e2e/lake/spark_test.py [--program target/release/shouhu-lakebench] [--keep FOLDER]

The program writes a small lake (some 100,000 passages in 3 days, convoys among them) and `questions.jsonl`: each question as
SQL and the rows that our own engine gave. Spark sees only Parquet: the two sorted copies, partitioned by class and day, and the
places of the sources. Needs `pyspark` (requirements.txt) and Java 17; says which is missing when it skips.
Closing line: `N passed, N failed`.
"""
import argparse, json, os, shutil, subprocess, sys, tempfile, time


def skip(why):
    print(f"skipped: {why}")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)


def spark_session():
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        skip("pyspark is not installed (pip install -r e2e/lake/requirements.txt)")
    java = os.path.join(os.environ["JAVA_HOME"], "bin/java") if "JAVA_HOME" in os.environ else shutil.which("java")
    if not java or not os.path.exists(java):
        skip("no Java: Spark needs openjdk-17-jre-headless")
    # Small data on few cores: two partitions, no compilation of plans, nothing but loopback.
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master("local[2]").appName("shouhu-lake")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def register(spark, folder):
    """The tables as anybody would declare them: only the segments that the catalogue names, found by their folders."""
    with open(f"{folder}/published.json") as file:
        published = json.load(file)
    for table, order in (("sightings", "by_source"), ("sightings_by_plate", "by_plate")):
        files = [f"{folder}/lake/{name}" for name in published if name.startswith(order)]
        spark.read.option("basePath", f"{folder}/lake/{order}").parquet(*files).createOrReplaceTempView(table)
    spark.read.parquet(f"{folder}/lake/sources.parquet").createOrReplaceTempView("sources")


def compare(spark, question):
    """None, or how Spark's rows differ from ours."""
    found = sorted([list(row) for row in spark.sql(question["sql"]["spark"]).collect()], key=json.dumps)
    ours = sorted(question["rows"], key=json.dumps)
    if found == ours:
        return None
    theirs_only = [row for row in found if row not in ours][:3]
    ours_only = [row for row in ours if row not in found][:3]
    return f"Spark has {len(found)} rows and we {len(ours)}; only Spark: {theirs_only}; only we: {ours_only}"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default="target/release/shouhu-lakebench")
    options.add_argument("--keep", help="folder for the lake and the questions; default: one that vanishes")
    options = options.parse_args()
    start = time.monotonic()
    spark = spark_session()
    with tempfile.TemporaryDirectory(prefix="shouhu-spark-") as vanishing:
        folder = options.keep or vanishing
        subprocess.run([options.program, "sample", "--out", folder], check=True)
        register(spark, folder)
        passed = failed = 0
        with open(f"{folder}/questions.jsonl") as file:
            for line in file:
                question = json.loads(line)
                difference = compare(spark, question)
                passed, failed = passed + (difference is None), failed + (difference is not None)
                verdict = "ok" if difference is None else f"FAILED: {difference}\n  {question['sql']['spark']}"
                print(f"{question['name']}, {len(question['rows'])} rows: {verdict}", flush=True)
    print(f"Spark {spark.version} in {time.monotonic() - start:.0f} s")
    spark.stop()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
