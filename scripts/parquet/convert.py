"""The converter behind scripts/parquet/convert, which says how it is used."""

import argparse
import os
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

# The rows that are in memory at a time.
ROWS = 65536


class Refusal(Exception):
    """Something that cannot be converted, and what to do about it."""


def target_type(kind):
    """The type that a column has in the result; None if it is refused."""
    if pa.types.is_dictionary(kind):
        return target_type(kind.value_type)
    if pa.types.is_boolean(kind):
        return pa.int8()
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return pa.float64()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_timestamp(kind):
        # Without a zone; times with one are in UTC already.
        return pa.timestamp(kind.unit)
    if pa.types.is_date(kind):
        return pa.date32()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return kind
    return None


def files_of(paths):
    files = []
    for path in map(pathlib.Path, paths):
        files += sorted(path.glob("**/*.parquet")) if path.is_dir() else [path]
    if not files:
        raise Refusal(f"{paths[0]}: the folder has no files that end in .parquet")
    return files


def open_files(paths):
    readers = []
    for path in paths:
        try:
            readers.append(pyarrow.parquet.ParquetFile(path))
        except FileNotFoundError:
            raise Refusal(f"{path}: there is no such file") from None
        except (OSError, pa.ArrowInvalid) as error:
            raise Refusal(f"{path}: it cannot be read as Parquet ({error})") from None
    first = readers[0].schema_arrow
    for path, reader in zip(paths, readers):
        if not reader.schema_arrow.equals(first):
            raise Refusal(f"{path}: its columns are not those of {paths[0]}; convert files of the same columns")
    return readers


def chosen_columns(schema, wanted):
    names = schema.names if wanted is None else [name for name in wanted.split(",") if name]
    for name in names:
        if name not in schema.names:
            raise Refusal(f"there is no column '{name}'; the columns are {', '.join(schema.names)}")
    if len(set(schema.names)) < len(schema.names):
        raise Refusal("two columns have the same name; rename one of them")
    refused = [f"{name} ({schema.field(name).type})" for name in names if target_type(schema.field(name).type) is None]
    if refused:
        rest = [name for name in names if target_type(schema.field(name).type) is not None]
        raise Refusal(
            f"columns of these types are not converted: {', '.join(refused)}; leave them out: --columns {','.join(rest)}"
        )
    return names


def converted(batch, names):
    """A table of a batch's columns in the types of the result."""
    columns = []
    for name in names:
        column = batch.column(name)
        if pa.types.is_dictionary(column.type):
            column = (
                column.dictionary_decode()
                if hasattr(column, "dictionary_decode")
                else column.cast(column.type.value_type)
            )
        kind = target_type(column.type)
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp(column.type.unit, "UTC")) if column.type.tz else column
        columns.append(column if column.type == kind else column.cast(kind))
    return pa.table(columns, names=names)


def tables(readers, names):
    for reader in readers:
        for batch in reader.iter_batches(batch_size=ROWS, columns=names):
            yield converted(batch, names)


def require_finite(table):
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_floating(column.type) and pc.any(pc.is_inf(column)).as_py():
            raise Refusal(f"column '{name}' has an infinite number, which Lockstep does not read; replace it")


def write_csv(readers, names, path):
    schema = pa.schema([(name, target_type(readers[0].schema_arrow.field(name).type)) for name in names])
    rows, nulls = 0, dict.fromkeys(names, 0)
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    with pyarrow.csv.CSVWriter(path, schema, write_options=options) as writer:
        for table in tables(readers, names):
            require_finite(table)
            writer.write_table(table.cast(schema))
            rows += table.num_rows
            for name in names:
                nulls[name] += table.column(name).null_count
    check_csv(readers, names, path, schema)
    return rows, nulls


def check_csv(readers, names, path, schema):
    """Reads the table back and compares every value."""
    # A missing value is an empty field without quotes; an empty text is in quotes.
    convert = pyarrow.csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with pyarrow.csv.open_csv(path, convert_options=convert, parse_options=parse) as reader:
        waiting = pa.table({name: pa.array([], schema.field(name).type) for name in names})
        for table in tables(readers, names):
            table = table.cast(schema)
            while waiting.num_rows < table.num_rows:
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    raise Refusal(f"{path}: the rows that were written cannot be read back; report this") from None
                waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch])])
            for name in names:
                wanted, found = table.column(name), waiting.column(name)[: table.num_rows]
                if not same(wanted, found):
                    raise Refusal(f"{path}: column '{name}' does not read back as it was written; report this")
            waiting = waiting.slice(table.num_rows)


def same(wanted, found):
    if wanted.null_count != found.null_count or len(wanted) != len(found):
        return False
    equal = pc.equal(wanted, found)
    if pa.types.is_floating(wanted.type):
        equal = pc.or_kleene(equal, pc.and_kleene(pc.is_nan(wanted), pc.is_nan(found)))
    return pc.all(equal, skip_nulls=True).as_py() is not False


def write_arrays(readers, names, path, target):
    if target not in names:
        raise Refusal(f"--target names the column to predict; the columns are {', '.join(names)}")
    inputs = [name for name in names if name != target]
    schema = readers[0].schema_arrow
    kinds = {name: target_type(schema.field(name).type) for name in names}
    for name in inputs:
        if not (pa.types.is_integer(kinds[name]) or pa.types.is_floating(kinds[name])):
            raise Refusal(
                f"column '{name}' ({schema.field(name).type}) is no column of numbers: convert to CSV, or leave it out by --columns"
            )
    if not inputs:
        raise Refusal(f"no column is left to predict '{target}' from")
    is_small = all(kinds[name] == pa.float32() for name in inputs)
    rows = sum(reader.metadata.num_rows for reader in readers)
    matrix = np.empty((rows, len(inputs)), np.float32 if is_small else np.float64)
    labels, first = [], 0
    for table in tables(readers, names):
        require_finite(table)
        for name in names:
            column = table.column(name)
            missing = column.null_count
            if pa.types.is_floating(column.type):
                missing += pc.sum(pc.is_nan(column)).as_py() or 0
            if missing:
                raise Refusal(f"column '{name}' has missing values, which arrays cannot have: convert to CSV")
        for place, name in enumerate(inputs):
            values = table.column(name).to_numpy()
            matrix[first : first + table.num_rows, place] = values
            if not np.array_equal(matrix[first : first + table.num_rows, place].astype(values.dtype), values):
                raise Refusal(
                    f"column '{name}' has whole numbers beyond 2^53, which 64-bit floats round; convert to CSV"
                )
        column = table.column(target)
        is_time = pa.types.is_temporal(column.type)
        labels.append(np.array((column.cast(pa.string()) if is_time else column).to_pylist()))
        first += table.num_rows
    targets = np.concatenate(labels)
    if targets.dtype == np.uint64 and targets.max(initial=0) > np.iinfo(np.int64).max:
        raise Refusal(f"column '{target}' has whole numbers beyond 64 bits with a sign; convert to CSV")
    targets = targets.astype(np.int64) if targets.dtype == np.uint64 else targets
    if path.endswith(".npz"):
        with open(path, "wb") as file:
            np.savez(file, inputs=matrix, targets=targets, columns=np.array(inputs))
        with np.load(path) as back:
            check = np.array_equal(back["inputs"], matrix) and np.array_equal(back["targets"], targets)
    else:
        check = write_hdf5(path, matrix, targets, inputs)
    if not check:
        raise Refusal(f"{path}: the arrays do not read back as they were written; report this")
    return rows, dict.fromkeys(names, 0)


def write_hdf5(path, matrix, targets, inputs):
    import h5py

    texts = targets.dtype.kind == "U"
    with h5py.File(path, "w") as file:
        file["inputs"] = matrix
        file["targets"] = targets.astype(h5py.string_dtype()) if texts else targets
        file["columns"] = np.array(inputs, dtype=h5py.string_dtype())
    with h5py.File(path) as file:
        back = file["targets"].asstr()[()] if texts else file["targets"][()]
        return np.array_equal(file["inputs"][()], matrix) and np.array_equal(back, targets)


def keys_for(schema, names):
    """Keys of a run file that the columns suggest."""
    kinds = {name: target_type(schema.field(name).type) for name in names}
    categories = [name for name in names if kinds[name] == pa.string()]
    dates = [name for name in names if pa.types.is_temporal(kinds[name])]
    lines = [f"categorical: [{', '.join(categories)}]"] if categories else []
    lines += [f"dates: [{', '.join(f'{{column: {name}}}' for name in dates)}]"] if dates else []
    return lines


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--columns")
    parser.add_argument("--target")
    options = parser.parse_args()
    if len(options.paths) < 2:
        raise Refusal("name a Parquet file and the file to write; --help says more")
    *sources, output = options.paths
    ending = pathlib.Path(output).suffix
    if ending not in (".csv", ".npz", ".h5", ".hdf5"):
        raise Refusal(f"{output}: the file to write ends in .csv, .npz or .h5")
    readers = open_files(files_of(sources))
    schema = readers[0].schema_arrow
    names = chosen_columns(schema, options.columns)
    # It appears at its path when it is complete and checked.
    part = f"{output}.part{ending}"
    try:
        if ending == ".csv":
            rows, nulls = write_csv(readers, names, part)
        else:
            rows, nulls = write_arrays(readers, names, part, options.target)
        expected = sum(reader.metadata.num_rows for reader in readers)
        if rows != expected:
            raise Refusal(f"{rows} of {expected} rows were written; report this")
        if rows == 0:
            raise Refusal("there are no rows")
        os.replace(part, output)
    finally:
        pathlib.Path(part).unlink(missing_ok=True)
    print(f"{output}: {rows} rows, {len(names)} columns, compared with the source")
    for name in names:
        kind, missing = schema.field(name).type, nulls[name]
        print(f"  {name}: {kind} -> {target_type(kind)}" + (f", {missing} missing" if missing else ""))
    if ending == ".csv":
        for line in keys_for(schema, names):
            print(f"  run file: {line}")


try:
    main()
except Refusal as error:
    sys.exit(f"convert: {error}")
except OSError as error:
    sys.exit(f"convert: {error.filename}: {error.strerror}")
