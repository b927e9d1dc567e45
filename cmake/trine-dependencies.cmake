# Finds what the headers need and gathers it in the target trine::dependencies. Used by this project and by its installed package.
include_guard()

find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(xtensor REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(Threads REQUIRED)

# Debian keeps each build of OpenBLAS in a folder of its own; the OpenMP one shares its threads with our loops.
find_library(TRINE_OPENBLAS_LIBRARY NAMES openblas PATH_SUFFIXES openblas-openmp)
find_path(TRINE_XTENSOR_BLAS_INCLUDE_DIR xtensor-blas/xblas_config.hpp)
find_path(TRINE_XSIMD_INCLUDE_DIR xsimd/xsimd.hpp)
# CImg is one header; quickstart.sh puts it beside the build when the system has none.
find_path(TRINE_CIMG_INCLUDE_DIR CImg.h HINTS "${CMAKE_BINARY_DIR}/../_cimg" "${CMAKE_BINARY_DIR}/_cimg")

# Approximate search is for those who have it: hnswlib is headers alone, Faiss (target trine::faiss) a library.
find_path(TRINE_HNSWLIB_INCLUDE_DIR hnswlib/hnswlib.h)
find_path(TRINE_FAISS_INCLUDE_DIR faiss/Index.h)
find_library(TRINE_FAISS_LIBRARY faiss)

foreach(needed OPENBLAS_LIBRARY XTENSOR_BLAS_INCLUDE_DIR XSIMD_INCLUDE_DIR CIMG_INCLUDE_DIR)
    if(NOT TRINE_${needed})
        message(FATAL_ERROR "trine: TRINE_${needed} was not found; install it (see README.md) or set the variable")
    endif()
endforeach()

if(NOT TARGET trine::dependencies)
    add_library(trine::dependencies INTERFACE IMPORTED)
    target_link_libraries(trine::dependencies INTERFACE
        OpenMP::OpenMP_CXX xtensor nlohmann_json::nlohmann_json JPEG::JPEG PNG::PNG Threads::Threads "${TRINE_OPENBLAS_LIBRARY}")
    target_include_directories(trine::dependencies SYSTEM INTERFACE
        "${TRINE_XTENSOR_BLAS_INCLUDE_DIR}" "${TRINE_XSIMD_INCLUDE_DIR}" "${TRINE_CIMG_INCLUDE_DIR}")
    if(TRINE_HNSWLIB_INCLUDE_DIR)
        target_include_directories(trine::dependencies SYSTEM INTERFACE "${TRINE_HNSWLIB_INCLUDE_DIR}")
    endif()
endif()
if(TRINE_FAISS_LIBRARY AND TRINE_FAISS_INCLUDE_DIR AND NOT TARGET trine::faiss)
    add_library(trine::faiss INTERFACE IMPORTED)
    target_include_directories(trine::faiss SYSTEM INTERFACE "${TRINE_FAISS_INCLUDE_DIR}")
    # Faiss needs a BLAS with LAPACK, which OpenBLAS is.
    target_link_libraries(trine::faiss INTERFACE "${TRINE_FAISS_LIBRARY}" "${TRINE_OPENBLAS_LIBRARY}" OpenMP::OpenMP_CXX)
endif()
