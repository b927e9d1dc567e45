#include <trine/losses/pair.hpp>
#include <trine/losses/reducers.hpp>

trine::losses::thresholded<trine::losses::nt_xent> l;
