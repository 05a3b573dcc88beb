"""Writes a pack of two blobs to standard output: zeros, and a small one that is stored as a difference from them.

    difference_of_zeros.py MEBIBYTES FILE

FILE gets the ids of both, one a line.
"""

import hashlib
import struct
import sys
import zlib

zeros = b"\0" * (int(sys.argv[1]) << 20)
small = b"name: acme-access\n"


def blob_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content)


def entry(kind, size):
    first, size = kind << 4 | size & 15, size >> 4
    out = []
    while size:
        out.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    return bytes(out + [first])


def number(value):
    out = []
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + [value])


difference = number(len(zeros)) + number(len(small)) + bytes([len(small)]) + small
pack = b"PACK" + struct.pack(">II", 2, 2)
pack += entry(3, len(zeros)) + zlib.compress(zeros, 1)
pack += entry(7, len(difference)) + blob_id(zeros).digest() + zlib.compress(difference)
sys.stdout.buffer.write(pack + hashlib.sha1(pack).digest())
with open(sys.argv[2], "w") as ids:
    ids.write(f"{blob_id(zeros).hexdigest()}\n{blob_id(small).hexdigest()}\n")
