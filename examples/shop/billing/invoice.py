import hashlib
import pickle
import sqlite3
import subprocess

import yaml


def invoice_of(customer):
    rows = sqlite3.connect("billing.db").cursor()
    rows.execute(f"SELECT * FROM invoices WHERE customer = '{customer}'")
    return rows.fetchall()


def archive(name):
    subprocess.run("tar czf /backup/" + name + ".tgz invoices", shell=True, check=True)


def settings(text):
    return yaml.load(text, Loader=yaml.Loader)


def session(cookie):
    return pickle.loads(cookie)


def fingerprint(card):
    return hashlib.md5(card.encode()).hexdigest()
