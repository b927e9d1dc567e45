#!/usr/bin/env python3
"""Uses Trine for hours, on bad days, and looks whether anything is lost.

In turn, until the time is over:

- a program changes a gallery as it is told, while files fail under it, until it is killed or ends; then the gallery has
  to be what was acknowledged, or that and the change that was under way. A reader follows meanwhile.
- the program `gallery` changes another gallery, one call a change, under the same faults; an exit code of 0 is an
  acknowledgement.
- the program `train_faces` is killed, or interrupted once or twice, under the same faults, and resumed until it has
  finished; then its model has the bytes of the one that nobody disturbed.
- a program that lives as long as the whole soak enrols, finds, removes, compacts and trains; its memory must not grow.

Exit code 1, and what happened, at the first thing lost.
"""
import argparse
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path


class Lost(Exception):
    """Something that must not happen."""


class Worker:
    """A soak_worker on a gallery."""

    def __init__(self, soak, gallery, faults=0, memory=0):
        self.process = subprocess.Popen([soak.worker, str(gallery)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=soak.environment(faults), preexec_fn=limit(memory))

    def ask(self, order):
        """The answer, or None when the process is dead."""
        try:
            self.process.stdin.write(order + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        answer = self.process.stdout.readline()
        return answer.rstrip("\n") if answer.endswith("\n") else None

    def end(self):
        """Closes its input and waits; its exit code."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.read()
        return self.process.wait()


def limit(memory):
    def set_it():
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return set_it


def listed(answer):
    """People, each with the set of their photos."""
    return {entry.split(" ")[0]: frozenset(entry.split(" ")[1:]) for entry in answer.split("\t")[1:]}


class Soak:
    def __init__(self, options):
        self.random = random.Random(options.seed)
        build = Path(options.build).resolve()
        self.worker = str(build / "tests" / "soak_worker")
        self.shim = str(build / "tests" / "libsoak_faults.so")
        self.programs = build / "examples"
        for program in (self.worker, self.shim, str(self.programs / "train_faces"), str(self.programs / "gallery")):
            if not os.path.exists(program):
                sys.exit(f"soak: {program} is not there: build the tests and examples first")
        self.folder = Path(options.folder).resolve()
        if self.folder.exists() and any(self.folder.iterdir()):
            sys.exit(f"soak: {self.folder} is not empty: name a new folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.counts = self.folder / "counts"
        self.memory = options.memory << 20
        self.one_in = options.one_in
        self.people = {}           # name -> photos, as acknowledged
        self.next_face = 1
        self.done = dict.fromkeys(("changes", "refused", "kills", "finds", "program runs", "trainings", "resumes"), 0)
        self.resident = []
        self.start = time.monotonic()

    def environment(self, faults):
        env = dict(os.environ, OMP_NUM_THREADS="2")
        if faults:
            env["LD_PRELOAD"] = self.shim
            env["SOAK_FAULTS"] = f"{self.random.randrange(1 << 40)}:{faults}:{self.folder}/work:{self.counts}"
        return env

    # What a gallery is asked to do, and what it would be then.
    def order(self, people):
        names = sorted(people)
        what = self.random.choices(("add", "remove", "purge", "rename", "merge", "compact"), (10, 3, 1, 2, 2, 1))[0]
        if what in ("remove", "purge", "rename") and not names or what == "merge" and len(names) < 2:
            what = "add"
        after = dict(people)
        if what == "add":
            if names and self.random.random() < 0.5:
                name = self.random.choice(names)
                face = int(next(iter(people[name])).split(":")[0])
            else:
                face = self.next_face
                name = f"person{face}"
                self.next_face += 1
            count, first = self.random.choice((1, 2, 5, 60)), self.random.randrange(1 << 30)
            after[name] = people.get(name, frozenset()) | {f"{face}:{i}" for i in range(first, first + count)}
            return f"add {name} {face} {first} {count}", after
        if what in ("remove", "purge"):
            name = self.random.choice(names)
            del after[name]
            return f"{what} {name}", after
        if what == "rename":
            name = self.random.choice(names)
            new = f"renamed{self.next_face}"
            self.next_face += 1
            after[new] = after.pop(name)
            return f"rename {name} {new}", after
        if what == "merge":
            a, b = self.random.sample(names, 2)
            after[b] |= after.pop(a)
            return f"merge {a} {b}", after
        return "compact", after

    def gallery_day(self, path):
        """A writer under faults, killed at some time or not, and a reader."""
        faults = self.random.choice((0, self.one_in, self.one_in, 4 * self.one_in))
        memory = self.random.choice((0, self.memory))
        writer = Worker(self, path, faults, memory)
        reader = Worker(self, path)
        possible = [self.people]
        timer = None
        if self.random.random() < 0.7:
            timer = threading.Timer(self.random.uniform(0.01, 2), writer.process.kill)
            timer.start()
        try:
            opened = writer.ask("open")
            while opened is not None and opened.startswith("error"):
                self.done["refused"] += 1
                opened = writer.ask("open")
            follows = (reader.ask("read") or "").startswith("ok")
            for number in range(self.random.choice((5, 50, 200))):
                if opened is None:
                    break
                order, after = self.order(self.people)
                answer = writer.ask(order)
                possible = [self.people, after]
                if answer is None:
                    break
                if answer.startswith("ok"):
                    self.people = after
                    possible = [after]
                    self.done["changes"] += 1
                else:
                    # It may have been done or not; the writer is asked, and must know.
                    self.done["refused"] += 1
                    if not answer.startswith("error "):
                        raise Lost(f"{order}: {answer}")
                    if self.settle(writer, possible, order) is None:
                        break
                    possible = [self.people]
                if number % 10 == 0 and follows:
                    self.follow(reader, order)
        finally:
            if timer:
                timer.cancel()
                timer.join()
        if timer is None and self.random.random() < 0.5:
            writer.process.kill()
        code = writer.end()
        if code == -signal.SIGKILL:
            self.done["kills"] += 1
        elif code != 0:
            raise Lost(f"the writer ended with code {code}")
        if reader.end() != 0:
            raise Lost("the reader ended badly")
        after_all = Worker(self, path)
        answer = after_all.ask("read")
        if not answer or not answer.startswith("ok"):
            raise Lost(f"the gallery cannot be opened: {answer}")
        self.settle(after_all, possible, "what was under way at the end")
        for name in self.random.sample(sorted(self.people), min(5, len(self.people))):
            photo = self.random.choice(sorted(self.people[name]))
            found = after_all.ask("find " + photo.split(":")[0])
            if found != "ok " + name:
                raise Lost(f"a photo of {name} is answered: {found}")
            self.done["finds"] += 1
        after_all.end()
        # It does not grow without end.
        if len(self.people) > 60:
            small = Worker(self, path)
            small.ask("open")
            for name in sorted(self.people)[20:]:
                if small.ask(("purge " if self.random.random() < 0.1 else "remove ") + name) != "ok":
                    raise Lost(f"{name} cannot be removed")
                del self.people[name]
                self.done["changes"] += 1
            if small.ask("compact") != "ok":
                raise Lost("the gallery cannot be compacted")
            small.end()

    def settle(self, worker, possible, order):
        """Asks what the gallery holds, which has to be one of `possible`. None when the process is dead."""
        answer = worker.ask("list")
        if answer is None:
            return None
        if not answer.startswith("ok"):
            raise Lost(f"after {order}: {answer}")
        held = listed(answer)
        if held not in possible:
            raise Lost(f"after {order} the gallery holds {difference(possible[0], held)}")
        self.people = held
        return held

    def follow(self, reader, order):
        answer = reader.ask("refresh")
        if answer is None or not answer.startswith("ok"):
            raise Lost(f"a reader cannot go on after {order}: {answer}")
        held = listed(reader.ask("list"))
        if held != self.people:
            raise Lost(f"a reader sees, after {order}, {difference(self.people, held)}")

    def program_day(self, path, model, photos):
        """The program `gallery`, one call a change."""
        held = self.program_people
        for _ in range(6):
            faults = self.random.choice((0, self.one_in, 10 * self.one_in))
            names = sorted(held)
            what = self.random.choice(("add", "remove", "rename")) if len(names) > 1 else "add"
            after = dict(held)
            if what == "add":
                name, count = f"p{self.next_face}", self.random.choice((1, 3))
                self.next_face += 1
                words = ["add", path, "--model", model, "--name", name] + self.random.sample(photos, count)
                after[name] = count
            else:
                name = self.random.choice(names)
                if what == "remove":
                    words = ["remove", path, "--name", name]
                    del after[name]
                else:
                    words = ["rename", path, name, name + "x"]
                    after[name + "x"] = after.pop(name)
            process = subprocess.Popen([str(self.programs / "gallery")] + [str(w) for w in words], text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment(faults))
            killed = self.random.random() < 0.3
            if killed:
                time.sleep(self.random.uniform(0, 0.3))
                process.kill()
            said = process.communicate()[0]
            self.done["program runs"] += 1
            if "not expected" in said or process.returncode < 0 and not killed:
                raise Lost(f"gallery {what} died of signal {-process.returncode}: {said}")
            now = self.program_list(path)
            if what == "add" and "skipped" in said and process.returncode > 0 and now.get(name, 0) < count:
                # A photo that could not be read is named, and the others are added.
                after = {who: photos for who, photos in {**after, name: now.get(name, 0)}.items() if photos}
            if process.returncode == 0 and now != after:
                raise Lost(f"gallery {what}: it says {said!r}, and holds {difference(after, now)}")
            if process.returncode != 0 and now not in (held, after):
                raise Lost(f"gallery {what}, which failed: it says {said!r}, and holds {difference(held, now)}")
            held = now
        if len(held) > 40:
            for name in sorted(held)[10:]:
                subprocess.run([str(self.programs / "gallery"), "remove", path, "--name", name], check=True, stdout=subprocess.DEVNULL)
                del held[name]
        self.program_people = held

    def program_list(self, path):
        said = subprocess.run([str(self.programs / "gallery"), "list", str(path)], capture_output=True, text=True)
        if said.returncode != 0:
            raise Lost(f"gallery list: {said.stdout}{said.stderr}")
        people = {}
        for line in said.stdout.splitlines():
            words = line.split("  ")
            if len(words) == 2 and words[1].split(" ")[1:] in (["photo"], ["photos"]):
                people[words[0].strip()] = int(words[1].split(" ")[0])
        return people

    def training_day(self, reference):
        """A training that is disturbed, and resumed until it is done."""
        output = self.folder / "work" / "training"
        shutil.rmtree(output, ignore_errors=True)
        resume = []
        for attempt in range(200):
            faults = self.random.choice((0, 4 * self.one_in)) if attempt < 20 else 0
            process = subprocess.Popen(self.training(output) + resume, text=True, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, env=self.environment(faults))
            how = self.random.choice(("kill", "interrupt", "interrupt twice", "nothing")) if attempt < 20 else "nothing"
            timer = threading.Timer(self.random.uniform(0.05, self.training_seconds * 1.2), disturb, (process, how))
            timer.start()
            began = time.monotonic()
            said = process.communicate()[0]
            timer.cancel()
            timer.join()
            if process.returncode < 0 and (how == "nothing" or -process.returncode not in (signal.SIGKILL, signal.SIGINT)):
                raise Lost(f"train_faces died of signal {-process.returncode} ({how}): {said[-400:]}")
            if how == "interrupt twice" and time.monotonic() - began > self.training_seconds * 20 + 30:
                raise Lost("train_faces did not end when interrupted twice")
            finished = process.returncode == 0 and (output / "model.safetensors").exists()
            if finished:
                break
            resume = ["--resume"] if (output / "checkpoint.safetensors").exists() else []
            (output / "model.safetensors").unlink(missing_ok=True)
            self.done["resumes"] += bool(resume)
        if not finished:
            raise Lost(f"train_faces does not finish: {said[-400:]}")
        if digest(output / "model.safetensors") != reference:
            raise Lost(f"a disturbed training ends in another model: {output}")
        self.done["trainings"] += 1

    def training(self, output):
        return [str(self.programs / "train_faces"), "--synthetic-people", "8", "--synthetic-photos", "6", "--epochs", "8",
                "--people", "4", "--output", str(output)]

    def steady(self, worker):
        """What the program that lives as long as the soak does."""
        orders = ["create"] if not self.resident else []
        orders += [f"add steady{i} {10**9 + i} 0 50" for i in range(20)]
        orders += [f"find {10**9 + i}" for i in range(20)] + ["train"]
        orders += [f"remove steady{i}" for i in range(20)] + ["compact"]
        for order in orders:
            answer = worker.ask(order)
            if answer is None or not answer.startswith("ok"):
                raise Lost(f"{order}: {answer}")
            if order.startswith("find") and answer != "ok steady" + str(int(order.split()[1]) - 10**9):
                raise Lost(f"{order}: {answer}")
            if order == "train":
                self.trained = getattr(self, "trained", answer)
                if answer != self.trained:
                    raise Lost("the same training came out otherwise")
        self.resident.append(int(worker.ask("memory").split()[1]))

    def report(self, out):
        calls = faults = 0
        if self.counts.exists():
            data = self.counts.read_bytes()
            calls, faults = int.from_bytes(data[:8], "little"), int.from_bytes(data[8:16], "little")
        hours = (time.monotonic() - self.start) / 3600
        grown = self.resident[1:] or self.resident
        print(f"{hours:.2f} h  " + "  ".join(f"{v} {k}" for k, v in self.done.items()) +
              f"  {faults} faults in {calls} calls  memory {grown[0] // 1024 if grown else 0} to "
              f"{grown[-1] // 1024 if grown else 0} MB", file=out, flush=True)

    def run(self, seconds):
        work = self.folder / "work"
        work.mkdir()
        first = Worker(self, work / "people.gallery")
        if first.ask("create") != "ok":
            raise Lost("no gallery can be made")
        first.end()
        # What nobody disturbs.
        began = time.monotonic()
        quiet = self.folder / "undisturbed"
        subprocess.run(self.training(quiet), check=True, stdout=subprocess.DEVNULL)
        self.training_seconds = time.monotonic() - began
        reference = digest(quiet / "model.safetensors")
        shutil.copytree(quiet, work / "model")
        photos = self.folder / "work" / "photos"
        subprocess.run([str(self.programs / "draw_faces"), str(photos), "--people", "4", "--photos", "3"], check=True,
                       stdout=subprocess.DEVNULL)
        pictures = sorted(str(p) for p in photos.rglob("*.*"))
        subprocess.run([str(self.programs / "gallery"), "create", str(work / "program.gallery"), "--model",
                        str(work / "model" / "model.safetensors")], check=True, stdout=subprocess.DEVNULL)
        self.program_people = {}
        long_lived = Worker(self, self.folder / "steady.gallery")
        said = time.monotonic()
        turn = 0
        while time.monotonic() - self.start < seconds or turn < 2:
            self.gallery_day(work / "people.gallery")
            if turn % 5 == 0:
                self.program_day(work / "program.gallery", work / "model" / "model.safetensors", pictures)
                self.steady(long_lived)
            if turn % 20 == 0:
                self.training_day(reference)
            turn += 1
            if time.monotonic() - said > 60:
                said = time.monotonic()
                self.report(sys.stderr)
        if long_lived.end() != 0:
            raise Lost("the program that lived all the time ended badly")
        half = self.resident[len(self.resident) // 2:]
        if len(self.resident) > 20 and min(half) > 1.1 * max(self.resident[1:6]):
            raise Lost(f"memory grew from {self.resident[1:6]} to {half[-5:]} kB")


def difference(wanted, held):
    lines = [f"{name}: {short(wanted.get(name))} became {short(held.get(name))}"
             for name in sorted(set(wanted) | set(held)) if wanted.get(name) != held.get(name)]
    return "; ".join(lines[:10])


def short(photos):
    if photos is None:
        return "nobody"
    return f"{photos} photos" if isinstance(photos, int) else f"{len(photos)} photos"


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def disturb(process, how):
    if how == "kill":
        process.kill()
    elif how != "nothing":
        process.send_signal(signal.SIGINT)
        if how == "interrupt twice":
            time.sleep(0.02)
            process.send_signal(signal.SIGINT)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="folder of the build (default: %(default)s)")
    parser.add_argument("--folder", required=True, help="a new or empty folder to work in; on a small disk, for more of ENOSPC")
    parser.add_argument("--hours", type=float, default=4, help="how long (default: %(default)s)")
    parser.add_argument("--one-in", type=int, default=40, help="one call on a file in so many fails (default: %(default)s)")
    parser.add_argument("--memory", type=int, default=1024, help="megabytes of address space that half of the writers have (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of what is done (default: %(default)s)")
    options = parser.parse_args()
    if not 0 < options.hours < 1000 or options.one_in < 2 or options.memory < 64:
        parser.error("--hours must be above 0, --one-in at least 2, --memory at least 64")
    soak = Soak(options)
    try:
        soak.run(options.hours * 3600)
    except Lost as lost:
        soak.report(sys.stdout)
        print(f"LOST: {lost}\nThe files are in {soak.folder}.")
        return 1
    soak.report(sys.stdout)
    print("nothing lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
