#include <trine/losses/triplet.hpp>
int main() {}
