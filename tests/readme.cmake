# The program in README.md is examples/first_steps.cpp, but for the comment on its top.
file(READ "${root}/README.md" readme)
file(READ "${root}/examples/first_steps.cpp" program)
string(FIND "${program}" "#include" at)
string(SUBSTRING "${program}" ${at} -1 program)
string(FIND "${readme}" "${program}" found)
if(found EQUAL -1)
    message(FATAL_ERROR "README.md does not show examples/first_steps.cpp as it is")
endif()
