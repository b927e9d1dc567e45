"""What pyproject.toml cannot say: the module is built by CMake, in the build folder that TRINE_BUILD names or in one of
its own."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class BuildWithCMake(build_ext):
    def build_extension(self, extension):
        build = os.environ.get("TRINE_BUILD")
        if not build:
            build = str(pathlib.Path(self.build_temp).resolve())
            options = ["-DCMAKE_BUILD_TYPE=Release", "-DTRINE_BUILD_PYTHON=ON", "-DTRINE_BUILD_EXAMPLES=ON",
                       "-DTRINE_BUILD_TESTS=OFF", f"-DPython3_EXECUTABLE={sys.executable}"]
            options += os.environ.get("CMAKE_ARGS", "").split()
            subprocess.run(["cmake", "-S", str(ROOT), "-B", build, *options], check=True)
        subprocess.run(["cmake", "--build", build, "--target", "trine_python"], check=True)
        (module,) = pathlib.Path(build, "examples/python/package/trine").glob("_trine*.so")
        to = pathlib.Path(self.get_ext_fullpath(extension.name))
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module, to)


setup(
    version=re.search(r"project\(trine VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1],
    ext_modules=[Extension("trine._trine", [])],
    cmdclass={"build_ext": BuildWithCMake},
)
