# Computes: a sieve in zeroed memory, in Intel syntax. Prints how many primes are below two million.
        .intel_syntax noprefix
        .equ    LIMIT, 2000000

        .text
        .globl  _start
_start: lea     rdi, sieve[rip]
        xor     r8d, r8d                # primes seen
        mov     ecx, 2
next:   cmp     byte ptr [rdi + rcx], 0
        jne     composite
        inc     r8d
        mov     rax, rcx
        imul    rax, rcx
mark:   cmp     rax, LIMIT
        jae     composite
        mov     byte ptr [rdi + rax], 1
        add     rax, rcx
        jmp     mark
composite:
        inc     ecx
        cmp     ecx, LIMIT
        jb      next

        mov     eax, r8d
        lea     rsi, text_end[rip]
        mov     ecx, 10
1:      xor     edx, edx
        div     ecx
        add     dl, '0'
        dec     rsi
        mov     [rsi], dl
        test    eax, eax
        jnz     1b
        lea     rdx, text_end[rip + 1]
        sub     rdx, rsi
        mov     edi, 1
        mov     eax, 1
        syscall
        xor     edi, edi
        mov     eax, 60
        syscall

        .data
text:   .zero   16
text_end:
        .byte   10

        .bss
        .align  64
sieve:  .skip   LIMIT
