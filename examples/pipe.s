# A parent makes a pipe and forks. The child writes a message into the pipe; the parent reads
# it, waits for the child, prints what it got, and exits with the child's status.
        .equ    SYS_read, 0
        .equ    SYS_write, 1
        .equ    SYS_close, 3
        .equ    SYS_pipe, 22
        .equ    SYS_fork, 57
        .equ    SYS_exit, 60
        .equ    SYS_wait4, 61

        .text
        .globl  _start
_start: mov     $SYS_pipe, %eax         # pipe(ends)
        lea     ends(%rip), %rdi
        syscall
        test    %eax, %eax
        js      fail

        mov     $SYS_fork, %eax         # fork()
        syscall
        test    %eax, %eax
        js      fail
        jz      child
        mov     %eax, %ebx              # the child's pid

        mov     $SYS_close, %eax        # close(ends[1]): only then can the pipe end
        mov     ends+4(%rip), %edi
        syscall

        lea     buffer(%rip), %r12
1:      mov     $SYS_read, %eax         # read(ends[0], …) until the end of the pipe
        mov     ends(%rip), %edi
        mov     %r12, %rsi
        lea     buffer+256(%rip), %rdx
        sub     %r12, %rdx
        syscall
        test    %rax, %rax
        js      fail
        jz      2f
        add     %rax, %r12
        jmp     1b

2:      mov     $SYS_wait4, %eax        # wait4(child, &status, 0, NULL)
        mov     %ebx, %edi
        lea     status(%rip), %rsi
        xor     %edx, %edx
        xor     %r10d, %r10d
        syscall
        cmp     %ebx, %eax
        jne     fail

        mov     $SYS_write, %eax        # write(1, "the child says: ", …)
        mov     $1, %edi
        lea     says(%rip), %rsi
        mov     $says_length, %edx
        syscall
        mov     $SYS_write, %eax        # write(1, buffer, …)
        mov     $1, %edi
        lea     buffer(%rip), %rsi
        mov     %r12, %rdx
        sub     %rsi, %rdx
        syscall

        movzbl  status+1(%rip), %edi    # WEXITSTATUS(status)
        mov     $SYS_exit, %eax
        syscall

child:  mov     $SYS_close, %eax        # close(ends[0])
        mov     ends(%rip), %edi
        syscall
        mov     $SYS_write, %eax        # write(ends[1], message, …)
        mov     ends+4(%rip), %edi
        lea     message(%rip), %rsi
        mov     $message_length, %edx
        syscall
        xor     %edi, %edi
        mov     $SYS_exit, %eax         # exit(0)
        syscall

fail:   mov     $1, %edi
        mov     $SYS_exit, %eax
        syscall

        .section .rodata
says:   .ascii  "the child says: "
        .equ    says_length, . - says
message:
        .ascii  "hello, parent; this came through a pipe\n"
        .equ    message_length, . - message

        .bss
        .align  8
ends:   .zero   8
status: .zero   4
buffer: .zero   256
