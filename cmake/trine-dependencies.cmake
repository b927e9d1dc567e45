# Finds what the headers of the components in TRINE_COMPONENTS need, and gathers it in targets trine::needs_…, one for
# each: metric and nn need a BLAS, OpenMP and xtensor; images adds CImg, JPEG and PNG. Used by this project and by its
# installed package.
include_guard()

find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(xtensor REQUIRED)
find_package(Threads REQUIRED)

# Debian keeps each build of OpenBLAS in a folder of its own; the OpenMP one shares its threads with our loops.
find_library(TRINE_OPENBLAS_LIBRARY NAMES openblas PATH_SUFFIXES openblas-openmp)
find_path(TRINE_XTENSOR_BLAS_INCLUDE_DIR xtensor-blas/xblas_config.hpp)
set(trine_needed OPENBLAS_LIBRARY XTENSOR_BLAS_INCLUDE_DIR)
if("images" IN_LIST TRINE_COMPONENTS)
    find_package(JPEG REQUIRED)
    find_package(PNG REQUIRED)
    # CImg is one header; quickstart.sh puts it beside the build when the system has none.
    find_path(TRINE_CIMG_INCLUDE_DIR CImg.h HINTS "${CMAKE_BINARY_DIR}/../_cimg" "${CMAKE_BINARY_DIR}/_cimg")
    list(APPEND trine_needed CIMG_INCLUDE_DIR)
endif()

# More kinds of photos are for those who have their libraries. An installed package of ours names those that it was built
# with: TRINE_IMAGE_FORMATS is a list of webp, gif, tiff; all that are found, unless it is set.
if("images" IN_LIST TRINE_COMPONENTS)
    find_path(TRINE_WEBP_INCLUDE_DIR webp/decode.h)
    find_library(TRINE_WEBP_LIBRARY webp)
    find_path(TRINE_GIF_INCLUDE_DIR gif_lib.h)
    find_library(TRINE_GIF_LIBRARY NAMES gif libgif)
    find_path(TRINE_TIFF_INCLUDE_DIR tiffio.h)
    find_library(TRINE_TIFF_LIBRARY tiff)
    set(trine_found_formats "")
    foreach(format webp gif tiff)
        string(TOUPPER "${format}" upper)
        if(TRINE_${upper}_LIBRARY AND TRINE_${upper}_INCLUDE_DIR)
            list(APPEND trine_found_formats ${format})
        endif()
    endforeach()
    if("tiff" IN_LIST trine_found_formats)
        # Since 4.5 it can be told how much memory a file may take.
        file(STRINGS "${TRINE_TIFF_INCLUDE_DIR}/tiffio.h" trine_tiff_options REGEX "TIFFOpenOptionsAlloc" LIMIT_COUNT 1)
        if(NOT trine_tiff_options)
            list(REMOVE_ITEM trine_found_formats tiff)
        endif()
    endif()
    if(NOT DEFINED TRINE_IMAGE_FORMATS)
        set(TRINE_IMAGE_FORMATS "${trine_found_formats}")
    endif()
    foreach(format IN LISTS TRINE_IMAGE_FORMATS)
        if(NOT format MATCHES "^(webp|gif|tiff)$")
            message(FATAL_ERROR "trine: TRINE_IMAGE_FORMATS: there is no ${format}: there are webp, gif and tiff")
        elseif(NOT format IN_LIST trine_found_formats)
            message(FATAL_ERROR "trine: the library that reads ${format} was not found (libtiff has to be 4.5 or newer); "
                "install it, or leave it out of TRINE_IMAGE_FORMATS")
        endif()
    endforeach()
endif()

# Approximate search is for those who have it: hnswlib is headers alone, Faiss (target trine::faiss) a library.
find_path(TRINE_HNSWLIB_INCLUDE_DIR hnswlib/hnswlib.h)
find_path(TRINE_FAISS_INCLUDE_DIR faiss/Index.h)
find_library(TRINE_FAISS_LIBRARY faiss)

# So are several processes (target trine::mpi): MPI, whose C interface alone is used.
set(TRINE_MPI AUTO CACHE STRING "Training and search over MPI: ON, OFF, or AUTO, which is ON where MPI is found")
set_property(CACHE TRINE_MPI PROPERTY STRINGS AUTO ON OFF)
if(TRINE_MPI AND NOT TARGET trine::mpi)
    set(MPI_CXX_SKIP_MPICXX TRUE)
    find_package(MPI QUIET COMPONENTS CXX)
    if(MPI_CXX_FOUND)
        add_library(trine::mpi INTERFACE IMPORTED)
        target_link_libraries(trine::mpi INTERFACE MPI::MPI_CXX)
    elseif(NOT TRINE_MPI STREQUAL "AUTO")
        message(FATAL_ERROR "trine: TRINE_MPI is ON, and MPI was not found; install it (Debian: libopenmpi-dev openmpi-bin) or leave TRINE_MPI at AUTO")
    endif()
endif()

foreach(needed IN LISTS trine_needed)
    if(NOT TRINE_${needed})
        message(FATAL_ERROR "trine: TRINE_${needed} was not found; install it (see README.md) or set the variable")
    endif()
endforeach()

# Other builds of OpenBLAS give the same results. What they lose is said once.
if(EXISTS "${TRINE_OPENBLAS_LIBRARY}" AND NOT "${TRINE_OPENBLAS_LIBRARY}" STREQUAL "${TRINE_OPENBLAS_SEEN}")
    file(STRINGS "${TRINE_OPENBLAS_LIBRARY}" openblas_config REGEX "OpenBLAS [0-9.]+.* USE_OPENMP" LIMIT_COUNT 1)
    if(NOT openblas_config)
        message(NOTICE "trine: ${TRINE_OPENBLAS_LIBRARY} is no OpenMP build of OpenBLAS. Results are the same, but with "
            "threads of its own it is set to one thread for the whole program, and a serial build does one matrix product at a "
            "time. Better is the OpenMP build (Debian's libopenblas-openmp-dev).")
    endif()
    set(TRINE_OPENBLAS_SEEN "${TRINE_OPENBLAS_LIBRARY}" CACHE INTERNAL "")
endif()

if(NOT TARGET trine::needs_metric)
    add_library(trine::needs_metric INTERFACE IMPORTED)
    target_link_libraries(trine::needs_metric INTERFACE OpenMP::OpenMP_CXX xtensor Threads::Threads
        "${TRINE_OPENBLAS_LIBRARY}")
    target_include_directories(trine::needs_metric SYSTEM INTERFACE "${TRINE_XTENSOR_BLAS_INCLUDE_DIR}")
    if(TRINE_HNSWLIB_INCLUDE_DIR)
        target_include_directories(trine::needs_metric SYSTEM INTERFACE "${TRINE_HNSWLIB_INCLUDE_DIR}")
    endif()
endif()
if("images" IN_LIST TRINE_COMPONENTS AND NOT TARGET trine::needs_images)
    add_library(trine::needs_images INTERFACE IMPORTED)
    target_link_libraries(trine::needs_images INTERFACE JPEG::JPEG PNG::PNG)
    target_include_directories(trine::needs_images SYSTEM INTERFACE "${TRINE_CIMG_INCLUDE_DIR}")
    foreach(format IN LISTS TRINE_IMAGE_FORMATS)
        string(TOUPPER "${format}" upper)
        target_compile_definitions(trine::needs_images INTERFACE TRINE_${upper})
        target_include_directories(trine::needs_images SYSTEM INTERFACE "${TRINE_${upper}_INCLUDE_DIR}")
        target_link_libraries(trine::needs_images INTERFACE "${TRINE_${upper}_LIBRARY}")
    endforeach()
endif()
if(TRINE_FAISS_LIBRARY AND TRINE_FAISS_INCLUDE_DIR AND NOT TARGET trine::faiss)
    add_library(trine::faiss INTERFACE IMPORTED)
    target_include_directories(trine::faiss SYSTEM INTERFACE "${TRINE_FAISS_INCLUDE_DIR}")
    # Faiss needs a BLAS with LAPACK, which OpenBLAS is.
    target_link_libraries(trine::faiss INTERFACE "${TRINE_FAISS_LIBRARY}" "${TRINE_OPENBLAS_LIBRARY}" OpenMP::OpenMP_CXX)
endif()
