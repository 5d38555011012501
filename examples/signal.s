# Catches signals: one that it sends itself, and the SIGSEGV of a store to address 8, whose handler
# prints the address, repairs the register in the saved context and returns.
        .equ    SYS_write, 1
        .equ    SYS_rt_sigaction, 13
        .equ    SYS_rt_sigreturn, 15
        .equ    SYS_getpid, 39
        .equ    SYS_exit, 60
        .equ    SYS_kill, 62
        .equ    SIGUSR1, 10
        .equ    SIGSEGV, 11
        .equ    SA_SIGINFO, 4
        .equ    SA_RESTORER, 0x04000000
        .equ    SI_ADDR, 16             # of siginfo_t
        .equ    UC_RBX, 40 + 11 * 8     # of ucontext_t: uc_mcontext.gregs[REG_RBX]

        .text
        .globl  _start
_start: mov     $SIGUSR1, %edi
        lea     usr1(%rip), %rsi
        call    catch
        mov     $SIGSEGV, %edi
        lea     segv(%rip), %rsi
        call    catch

        mov     $SYS_getpid, %eax
        syscall
        mov     %eax, %edi
        mov     $SIGUSR1, %esi
        mov     $SYS_kill, %eax         # kill(getpid(), SIGUSR1)
        syscall

        mov     $8, %ebx
        movl    $42, (%rbx)             # faults once; the handler points rbx at `place`
        cmpl    $42, place(%rip)
        jne     1f
        lea     done(%rip), %rsi
        mov     $done_length, %edx
        call    print
        xor     %edi, %edi
        jmp     2f
1:      mov     $1, %edi
2:      mov     $SYS_exit, %eax
        syscall

# catch(signal edi, handler rsi)
catch:  mov     %rsi, action(%rip)
        movq    $(SA_SIGINFO | SA_RESTORER), action+8(%rip)
        lea     restore(%rip), %rax
        mov     %rax, action+16(%rip)
        lea     action(%rip), %rsi
        xor     %edx, %edx
        mov     $8, %r10d
        mov     $SYS_rt_sigaction, %eax
        syscall
        ret

restore:
        mov     $SYS_rt_sigreturn, %eax
        syscall

usr1:   lea     got(%rip), %rsi
        mov     $got_length, %edx
        jmp     print

# The last digit of si_addr is shown: the address is 8.
segv:   push    %rdx
        mov     SI_ADDR(%rsi), %rax
        add     $'0', %al
        mov     %al, digit(%rip)
        lea     fault(%rip), %rsi
        mov     $fault_length, %edx
        call    print
        pop     %rdx
        lea     place(%rip), %rax
        mov     %rax, UC_RBX(%rdx)
        ret

# print(text rsi, length edx)
print:  mov     $1, %edi
        mov     $SYS_write, %eax
        syscall
        ret

        .data
got:    .ascii  "got SIGUSR1\n"
        .equ    got_length, . - got
fault:  .ascii  "got SIGSEGV at address "
digit:  .ascii  "?\n"
        .equ    fault_length, . - fault
done:   .ascii  "the store was repaired\n"
        .equ    done_length, . - done

        .bss
        .align  8
action: .zero   32
place:  .zero   4
