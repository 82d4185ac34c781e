#!/usr/bin/python3
"""Reads an iPhone backup folder without any of Homeport's code.

    decrypt.py DIR/UDID < password

For each file of the backup, encrypted or not, one line on stdout: a JSON array
of the SHA-256 of its plain bytes, their number, its domain and its path, in the
order of the file ids. The password is the first line of stdin; it is not read
when the backup is not encrypted. Anything that does not fit together (a key
that does not unwrap, padding that is none, a size that differs, a body that
belongs to no file) ends the program with exit status 1 and a line on stderr;
a wrong password with 3.

Needs python3-cryptography. The layout of the key bag, the two key derivations,
the key fields and the archives follow the descriptions in public readers of
such backups.
"""

import hashlib
import json
import os
import plistlib
import sqlite3
import struct
import sys
import tempfile

from cryptography.hazmat.primitives import keywrap, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

CHUNK = 1 << 20


class Broken(Exception):
    pass


def read_keybag(data):
    """The header and the classes of a BackupKeyBag."""
    header, classes, at = {}, [], 0
    while at < len(data):
        tag, size = data[at : at + 4], struct.unpack(">I", data[at + 4 : at + 8])[0]
        value = data[at + 8 : at + 8 + size]
        at += 8 + size
        if tag == b"UUID" and b"UUID" in header:
            classes.append({})
        (classes[-1] if classes else header)[tag] = value
    return header, classes


def number(value):
    return struct.unpack(">I", value)[0]


def class_keys(keybag, password):
    header, classes = read_keybag(keybag)
    first = hashlib.pbkdf2_hmac("sha256", password, header[b"DPSL"], number(header[b"DPIC"]), 32)
    key = hashlib.pbkdf2_hmac("sha1", first, header[b"SALT"], number(header[b"ITER"]), 32)
    keys = {}
    for c in classes:
        if number(c[b"WRAP"]) & 2:
            keys[number(c[b"CLAS"])] = keywrap.aes_key_unwrap(key, c[b"WPKY"])
    return keys


def unwrap(keys, field):
    if len(field) != 44:
        raise Broken("a key field of %d bytes" % len(field))
    return keywrap.aes_key_unwrap(keys[struct.unpack("<I", field[:4])[0]], field[4:])


def decryptor(key):
    return Cipher(algorithms.AES(key), modes.CBC(b"\0" * 16)).decryptor()


def decrypt_database(source, key, target):
    d = decryptor(key)
    while chunk := source.read(CHUNK):
        target.write(d.update(chunk))
    target.write(d.finalize())
    target.flush()


def read_file(blob):
    """Size, protection class and EncryptionKey of an MBFile."""
    archive = plistlib.loads(blob)
    objects = archive["$objects"]
    follow = lambda v: objects[v.data] if isinstance(v, plistlib.UID) else v
    root = follow(archive["$top"]["root"])
    key = follow(root.get("EncryptionKey"))
    return root["Size"], root["ProtectionClass"], key and follow(key["NS.data"])


def digest(path, size, key):
    """SHA-256 and length of a body's plain bytes."""
    if key is None and os.path.getsize(path) != size:
        raise Broken("%d bytes, not %d" % (os.path.getsize(path), size))
    sum, total = hashlib.sha256(), 0
    pad, d = padding.PKCS7(128).unpadder(), key and decryptor(key)
    with open(path, "rb") as f:
        while chunk := f.read(CHUNK):
            plain = pad.update(d.update(chunk)) if d else chunk
            sum.update(plain)
            total += len(plain)
    if d and (total > 0 or os.path.getsize(path) > 0):
        plain = pad.update(d.finalize()) + pad.finalize()
        sum.update(plain)
        total += len(plain)
    if total != size:
        raise Broken("%d bytes, not %d" % (total, size))
    return sum.hexdigest()


def list_files(folder, database, keys):
    db = sqlite3.connect("file:%s?mode=ro&immutable=1" % database, uri=True)
    bodies = {n for d in os.scandir(folder) if d.is_dir() for n in os.listdir(d) if len(n) == 40}
    for id, domain, path, blob in db.execute(
        "SELECT fileID, domain, relativePath, file FROM Files WHERE flags = 1 ORDER BY fileID"
    ):
        if id != hashlib.sha1((domain + "-" + path).encode()).hexdigest():
            raise Broken("%s is not the id of %r" % (id, path))
        size, protection, field = read_file(blob)
        key = None
        if keys is not None:
            key = unwrap(keys, field)
            if struct.unpack("<I", field[:4])[0] != protection:
                raise Broken("%s: key of another class than the file" % id)
        try:
            sum = digest(os.path.join(folder, id[:2], id), size, key)
        except (Broken, ValueError, OSError) as e:
            raise Broken("%s (%r): %s" % (id, path, e))
        bodies.discard(id)
        print(json.dumps([sum, size, domain, path]))
    if bodies:
        raise Broken("%d bodies of no file" % len(bodies))


def check_password_hash(database, password):
    db = sqlite3.connect("file:%s?mode=ro&immutable=1" % database, uri=True)
    rows = dict(db.execute("SELECT key, value FROM Properties"))
    if rows["passwordHash"] != hashlib.sha256(password + rows["salt"]).digest():
        raise Broken("the password hash in Manifest.db is of another password")


def main(folder):
    with open(os.path.join(folder, "Manifest.plist"), "rb") as f:
        manifest = plistlib.load(f)
    database = os.path.join(folder, "Manifest.db")
    if not manifest["IsEncrypted"]:
        return list_files(folder, database, None)
    password = sys.stdin.buffer.readline().rstrip(b"\r\n")
    try:
        keys = class_keys(manifest["BackupKeyBag"], password)
    except keywrap.InvalidUnwrap:
        print("wrong password", file=sys.stderr)
        sys.exit(3)
    with tempfile.NamedTemporaryFile() as plain:
        with open(database, "rb") as f:
            decrypt_database(f, unwrap(keys, manifest["ManifestKey"]), plain)
        check_password_hash(plain.name, password)
        list_files(folder, plain.name, keys)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (Broken, keywrap.InvalidUnwrap, KeyError, ValueError, sqlite3.Error) as e:
        print("broken backup: %s %s" % (type(e).__name__, e), file=sys.stderr)
        sys.exit(1)
