/* A V4L2 device without a kernel module: preloaded, it answers for one file, named by V4L2_SHIM_FILE, which holds raw
 * YUYV frames of V4L2_SHIM_SIZE (WIDTHxHEIGHT), V4L2_SHIM_RATE a second, again and again.
 *
 * When the file is deleted, the device is unplugged (ENODEV). While FILE.frozen exists, a driver that hangs: reads do not
 * return. The boot clock's time of frame 0 is written to FILE.began. One opening at a time, as OpenCV does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUFFERS = 4 };

static int device = -1;
static unsigned width, height, rate;
static void *memory[BUFFERS];
static int queue[BUFFERS], queued;
static long frame = -1;
static double began;

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_BOOTTIME, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static size_t frame_bytes(void) { return (size_t)width * height * 2; }

static int refuse(int error) {
    errno = error;
    return -1;
}

static int opened(const char *path, int fd) {
    const char *file = getenv("V4L2_SHIM_FILE"), *size = getenv("V4L2_SHIM_SIZE"), *per_second = getenv("V4L2_SHIM_RATE");
    if (fd >= 0 && file && size && per_second && strcmp(path, file) == 0) {
        device = fd;
        sscanf(size, "%ux%u", &width, &height);
        rate = (unsigned)atoi(per_second);
        queued = 0;
    }
    return fd;
}

static int open_as(const char *symbol, const char *path, int flags, mode_t mode) {
    int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, symbol);
    return opened(path, next(path, flags, mode));
}

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                        \
        va_end(rest);                                                                                                  \
        return open_as(#name, path, flags, mode);                                                                      \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
    if (fd == device) device = -1;
    return next(fd);
}

static void *map(const char *symbol, void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    void *(*next)(void *, size_t, int, int, int, off_t) =
        (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, symbol);
    if (fd < 0 || fd != device) return next(at, length, protection, flags, fd, offset);
    size_t index = (size_t)offset / 4096;
    if (index >= BUFFERS) return MAP_FAILED;
    memory[index] = next(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory[index];
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    return map("mmap", at, length, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    return map("mmap64", at, length, protection, flags, fd, offset);
}

static int is_unplugged(void) {
    struct stat found;
    return fstat(device, &found) != 0 || found.st_nlink == 0;
}

static void start(void) {
    char path[4096];
    began = now();
    frame = -1;
    snprintf(path, sizeof path, "%s.began", getenv("V4L2_SHIM_FILE"));
    FILE *said = fopen(path, "w");
    if (said) {
        fprintf(said, "%f", began);
        fclose(said);
    }
}

static int dequeue(struct v4l2_buffer *buffer) {
    char frozen[4096];
    struct stat file;
    snprintf(frozen, sizeof frozen, "%s.frozen", getenv("V4L2_SHIM_FILE"));
    while (access(frozen, F_OK) == 0) usleep(10000);
    if (is_unplugged()) return refuse(ENODEV);
    if (!queued) return refuse(EAGAIN);
    long current = (long)((now() - began) * rate);
    frame = frame + 1 > current ? frame + 1 : current;
    double wait = began + (double)frame / rate - now();
    if (wait > 0) usleep((useconds_t)(wait * 1e6));
    int index = queue[0];
    memmove(queue, queue + 1, sizeof(int) * (size_t)--queued);
    fstat(device, &file);
    long frames = file.st_size / (long)frame_bytes();
    if (pread(device, memory[index], frame_bytes(), (off_t)(frame % frames) * (off_t)frame_bytes()) < 0) return -1;
    buffer->index = (unsigned)index;
    buffer->length = (unsigned)frame_bytes();
    buffer->bytesused = (unsigned)frame_bytes();
    buffer->flags = V4L2_BUF_FLAG_MAPPED;
    buffer->sequence = (unsigned)frame;
    return 0;
}

static int answer(unsigned long request, void *argument) {
    if (is_unplugged()) return refuse(ENODEV);
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *able = argument;
        memset(able, 0, sizeof *able);
        strcpy((char *)able->driver, "shim");
        able->capabilities = able->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        return 0;
    }
    case VIDIOC_G_INPUT: *(int *)argument = 0; return 0;
    case VIDIOC_S_INPUT: return 0;
    case VIDIOC_G_FMT:
    case VIDIOC_TRY_FMT:
    case VIDIOC_S_FMT: {
        struct v4l2_format *format = argument;
        format->fmt.pix.width = width;
        format->fmt.pix.height = height;
        format->fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
        format->fmt.pix.field = V4L2_FIELD_NONE;
        format->fmt.pix.bytesperline = width * 2;
        format->fmt.pix.sizeimage = (unsigned)frame_bytes();
        return 0;
    }
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_streamparm *parameters = argument;
        parameters->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
        parameters->parm.capture.timeperframe = (struct v4l2_fract){1, rate};
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *wanted = argument;
        if (wanted->memory != V4L2_MEMORY_MMAP) return refuse(EINVAL);
        if (wanted->count > BUFFERS) wanted->count = BUFFERS;
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *buffer = argument;
        buffer->length = (unsigned)frame_bytes();
        buffer->m.offset = buffer->index * 4096;
        return 0;
    }
    case VIDIOC_QBUF:
        if (queued < BUFFERS) queue[queued++] = (int)((struct v4l2_buffer *)argument)->index;
        return 0;
    case VIDIOC_DQBUF: return dequeue(argument);
    case VIDIOC_STREAMON: start(); return 0;
    case VIDIOC_STREAMOFF: queued = 0; return 0;
    default: return refuse(ENOTTY);
    }
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (fd >= 0 && fd == device) return answer(request & 0xffffffffUL, argument);
    int (*next)(int, unsigned long, void *) = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
    return next(fd, request, argument);
}
