#include "base/planted.h"

unsigned planted_bug;
