# Shared memory: a page mapped MAP_SHARED | MAP_ANONYMOUS before fork. The child counts to ten million
# in it with a locked add while the parent waits for it, then the parent adds its own and prints the sum.
        .equ    SYS_write, 1
        .equ    SYS_mmap, 9
        .equ    SYS_fork, 57
        .equ    SYS_exit, 60
        .equ    SYS_wait4, 61
        .equ    SYS_munmap, 11

        .text
        .globl  _start
_start: mov     $SYS_mmap, %eax         # mmap(NULL, 4096, READ|WRITE, SHARED|ANONYMOUS, -1, 0)
        xor     %edi, %edi
        mov     $4096, %esi
        mov     $3, %edx
        mov     $0x21, %r10d
        mov     $-1, %r8
        xor     %r9d, %r9d
        syscall
        cmp     $-4096, %rax
        ja      fail
        mov     %rax, %rbx

        mov     $SYS_fork, %eax
        syscall
        test    %eax, %eax
        js      fail
        jz      child
        mov     %eax, %edi              # wait4(child, NULL, 0, NULL)
        xor     %esi, %esi
        xor     %edx, %edx
        xor     %r10d, %r10d
        mov     $SYS_wait4, %eax
        syscall
        lock addq $7, (%rbx)

        mov     (%rbx), %rax            # decimal digits, last one first
        lea     digits_end(%rip), %rdi
        mov     $10, %ecx
1:      xor     %edx, %edx
        div     %rcx
        add     $'0', %dl
        dec     %rdi
        mov     %dl, (%rdi)
        test    %rax, %rax
        jnz     1b
        mov     %rdi, %rsi
        lea     digits_end+1(%rip), %rdx
        sub     %rsi, %rdx
        mov     $1, %edi
        mov     $SYS_write, %eax
        syscall

        mov     $SYS_munmap, %eax
        mov     %rbx, %rdi
        mov     $4096, %esi
        syscall
        mov     %eax, %edi              # 0
        jmp     exit

child:  mov     $1000000, %ecx
1:      lock addq $10, (%rbx)
        dec     %ecx
        jnz     1b
        xor     %edi, %edi
        jmp     exit

fail:   mov     $1, %edi
exit:   mov     $SYS_exit, %eax
        syscall

        .data
digits: .zero   20
digits_end:
        .byte   10
