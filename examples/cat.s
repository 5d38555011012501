# cat: copies the files named as arguments (or stdin without any) to stdout. No libc and no shell: the
# arguments are read from the stack as the kernel leaves them: argc, argv[0] …
        .equ    SYS_read, 0
        .equ    SYS_write, 1
        .equ    SYS_open, 2
        .equ    SYS_close, 3
        .equ    SYS_exit, 60
        .equ    SIZE, 1 << 16

        .text
        .globl  _start
_start: mov     (%rsp), %r12d           # argc
        lea     8(%rsp), %r13           # argv
        xor     %r15d, %r15d            # exit status
        cmp     $1, %r12d
        jg      next
        xor     %ebx, %ebx
        call    copy
        jmp     exit

next:   add     $8, %r13
        mov     (%r13), %rdi
        test    %rdi, %rdi
        jz      exit
        mov     $SYS_open, %eax         # open(name, O_RDONLY)
        xor     %esi, %esi
        xor     %edx, %edx
        syscall
        test    %eax, %eax
        js      1f
        mov     %eax, %ebx
        call    copy
        mov     $SYS_close, %eax
        mov     %ebx, %edi
        syscall
        jmp     next
1:      mov     $1, %r15d
        jmp     next

exit:   mov     %r15d, %edi
        mov     $SYS_exit, %eax
        syscall

# copy(descriptor ebx): to stdout until the end of the file
copy:   mov     $SYS_read, %eax
        mov     %ebx, %edi
        lea     buffer(%rip), %rsi
        mov     $SIZE, %edx
        syscall
        test    %rax, %rax
        jle     2f
        mov     %rax, %rbp
        lea     buffer(%rip), %r14
1:      mov     $SYS_write, %eax        # a pipe may take less than it is offered
        mov     $1, %edi
        mov     %r14, %rsi
        mov     %rbp, %rdx
        syscall
        test    %rax, %rax
        js      3f
        add     %rax, %r14
        sub     %rax, %rbp
        jnz     1b
        jmp     copy
2:      jz      4f
3:      mov     $1, %r15d
4:      ret

        .bss
        .align  4096
buffer: .skip   SIZE
