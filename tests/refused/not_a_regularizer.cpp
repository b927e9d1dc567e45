#include <trine/objectives/regularizers.hpp>

struct mine {};

trine::penalty<mine> p;
