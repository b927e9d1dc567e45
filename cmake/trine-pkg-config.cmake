# Installs trine-metric.pc, trine.pc and trine-compiled.pc, for those who build without CMake: the same parts as the
# components of that name, with the libraries that were found here.
function(trine_pkg_config name description flags)
    set(cflags "-I\${includedir} -std=c++20 ${OpenMP_CXX_FLAGS} ${flags}")
    set(libraries "${ARGN}")
    set(folders "${TRINE_XTENSOR_BLAS_INCLUDE_DIR}" "${TRINE_HNSWLIB_INCLUDE_DIR}")
    if(NOT name STREQUAL "trine-metric")
        list(APPEND libraries -ljpeg -lpng)
        list(APPEND folders "${TRINE_CIMG_INCLUDE_DIR}")
        foreach(format IN LISTS TRINE_IMAGE_FORMATS)
            string(TOUPPER "${format}" upper)
            string(APPEND cflags " -DTRINE_${upper}")
            list(APPEND libraries "${TRINE_${upper}_LIBRARY}")
            list(APPEND folders "${TRINE_${upper}_INCLUDE_DIR}")
        endforeach()
    endif()
    list(REMOVE_DUPLICATES folders)
    foreach(folder IN LISTS folders)
        if(folder AND NOT folder STREQUAL "/usr/include" AND NOT folder IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
            string(APPEND cflags " -isystem ${folder}")
        endif()
    endforeach()
    list(APPEND libraries "${TRINE_OPENBLAS_LIBRARY}" ${OpenMP_CXX_FLAGS} -lpthread)
    list(JOIN libraries " " libraries)
    file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc" @ONLY CONTENT [[prefix=${pcfiledir}/../..
includedir=${prefix}/@CMAKE_INSTALL_INCLUDEDIR@
libdir=${prefix}/@CMAKE_INSTALL_LIBDIR@

Name: @name@
Description: @description@
Version: @PROJECT_VERSION@
Requires: xtensor
Cflags: @cflags@
Libs: @libraries@
]])
    install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc" DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
endfunction()
trine_pkg_config(trine-metric "Metric learning on embeddings: distances, miners, losses, exact search" "")
trine_pkg_config(trine "Metric learning on faces, on CPUs" "")
if(TRINE_BUILD_COMPILED)
    trine_pkg_config(trine-compiled "Metric learning on faces, on CPUs, with a compiled library" "-DTRINE_COMPILED"
        "-L\${libdir}" -Wl,--undefined=trine_check_processor -ltrine_compiled)
endif()
